import BuiltinWorkers
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

@Suite("The registry of workers", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct RegistrationTests {
    @Test func `the registry lists live workers by type`() async throws {
        try await Grid.run { grid in
            let (_, both) = try await grid.startWorkers([Reverse(), Hash()], concurrency: 3)
            let (leaving, hash) = try await grid.startWorkers([Hash()])
            let joined = try await grid.probe.event(WorkerEvent.self) { $0.kind == .joined && $0.worker.worker == both }
            #expect(joined.worker.types.map(\.name) == ["hash", "reverse"])
            #expect(joined.worker.concurrency == 3)
            _ = try await grid.probe.event(WorkerEvent.self) { $0.kind == .joined && $0.worker.worker == hash }
            #expect(try await Set(grid.client.workers().map(\.worker.worker)) == [both, hash])
            #expect(try await Set(grid.client.workers(TaskType("hash")).map(\.worker.worker)) == [both, hash])
            #expect(try await grid.client.workers(TaskType("reverse")).map(\.worker.worker) == [both])
            #expect(try await grid.client.workers(TaskType("sum")).isEmpty)

            try await leaving.stop()
            let left = try await grid.probe.event(WorkerEvent.self) { $0.kind == .left && $0.worker.worker == hash }
            #expect(left.reason == .deregistered)
            #expect(try await grid.client.workers().map(\.worker.worker) == [both])
        }
    }

    @Test func `the registry is learned again from heartbeats`() async throws {
        try await Grid.run { grid in
            let (_, first) = try await grid.startWorkers([Reverse()])
            try await grid.stopNameservice()
            // One that registers while nobody listens is learned of too.
            let (_, second) = try await grid.startWorkers([Hash()])
            _ = try await grid.startNameservice()
            try await grid.until { try await grid.client.workers().count == 2 }
            #expect(try await Set(grid.client.workers().map(\.worker.worker)) == [first, second])
        }
    }

    @Test func `the lease of a silent worker ends`() async throws {
        try await Grid.run { grid in
            let type = TaskType(literal: "shout")
            let plain = PlainWorker(grid, type: type)
            try await plain.run { plain in
                try await plain.tell("register", interval: 100)
                try await grid.knows(type)
                let left = try await grid.probe.event(WorkerEvent.self) { $0.kind == .left && $0.worker.worker == plain.id }
                #expect(left.reason == .leaseExpired)
                #expect(try await grid.client.workers().isEmpty)
                // And its next heartbeat lets it join again.
                let before = grid.probe.heard.count
                try await plain.tell("heartbeat", interval: 60_000)
                _ = try await grid.probe.event(WorkerEvent.self, from: before) { $0.kind == .joined && $0.worker.worker == plain.id }
                #expect(try await grid.client.workers().map(\.worker.worker) == [plain.id])
            }
        }
    }
}
