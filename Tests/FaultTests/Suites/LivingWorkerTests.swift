import Foundation
import LocalGrid
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("Workers that lose their connections, and live", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct LivingWorkerTests {
    /// The worker's process that runs the task now, by the dispatcher.
    private func holder(of id: TaskID, _ grid: FaultGrid) async throws -> String {
        var holder: String?
        try await grid.until {
            let record = try await grid.client.status(id)
            holder = record.worker
            return record.status == .running && holder != nil
        }
        return try #require(holder)
    }

    /// Four workers that run one task at a time, and one task that runs until it is released.
    private func holding(_ grid: FaultGrid) async throws -> (workers: [Service], submitted: [Submitted], id: TaskID, hold: Hold) {
        try await grid.launch(.dispatcher).ready()
        let workers = (1...4).map { grid.launchWorker(named: "worker\($0)", concurrency: 1, prefetch: 1) }
        for worker in workers { try await worker.ready() }
        try await grid.knows(FaultGrid.fault)
        let hold = try Hold(at: grid.file("hold"))
        let submitted = try await grid.submit([hold.payload])
        try await grid.runs.begun(1)
        return (workers, submitted, submitted[0].ids[0], hold)
    }

    /// Closes a worker's connections of these kinds; they must be there.
    private func close(_ kinds: [String], of worker: String, besides closed: Set<String>, _ grid: FaultGrid) async throws -> Set<String> {
        var found: [String: String] = [:]
        try await grid.until {
            for kind in kinds where found[kind] == nil {
                found[kind] = try await TestBroker.connections(named: "\(worker) \(kind)").first { !closed.contains($0) }
            }
            return found.count == kinds.count
        }
        for kind in kinds { if let connection = found[kind] { try await TestBroker.close(connection: connection) } }
        return Set(found.values)
    }

    @Test func `five times the connection that consumes is closed: the task runs once, in one worker, and ends`() async throws {
        try await FaultGrid.run { grid in
            let (workers, submitted, id, hold) = try await holding(grid)
            var closed: Set<String> = []
            for number in 1...5 {
                let worker = try await holder(of: id, grid)
                closed.formUnion(try await close(["consume"], of: worker, besides: closed, grid))
                // Another worker has reported the delivery, and the dispatcher has seen that its holder lives; later ones go
                // to the marker of what no one has to report any more.
                if number == 1 { try await grid.logged("dispatcher", "redelivery ignored, its worker lives") }
            }
            #expect(grid.runs.attempts == [id: [1]])
            hold.release()
            let endings = try await grid.settle(submitted)
            #expect(endings[id]?.state == .succeeded && endings[id]?.attempt == 1)
            #expect(grid.runs.attempts == [id: [1]])
            #expect(workers.allSatisfy { $0.endings.isEmpty })
        }
    }

    @Test
    func `five times both connections are closed: the task runs elsewhere at once, its old run is ended, and it is no poison`() async throws
    {
        try await FaultGrid.run { grid in
            let (workers, submitted, id, hold) = try await holding(grid)
            var closed: Set<String> = []
            var rounds = 0
            // The control queue goes first: where it is there again before the delivery comes back, the worker keeps its task.
            while rounds < 5 || (grid.runs.begun.count < 2 && rounds < 20) {
                let worker = try await holder(of: id, grid)
                closed.formUnion(try await close(["publish", "consume"], of: worker, besides: closed, grid))
                rounds += 1
            }
            hold.release()
            let endings = try await grid.settle(submitted)
            #expect(endings[id]?.state == .succeeded)
            let attempts = grid.runs.attempts[id] ?? []
            // An attempt that was on its way when the connections were closed may never have begun.
            #expect(attempts.count >= 2 && attempts.first == 1 && attempts == Set(attempts).sorted(), "\(attempts)")
            #expect(workers.allSatisfy { $0.endings.isEmpty })
            try await grid.until {
                let logs = try (1...4).map { try String(contentsOfFile: grid.file("worker\($0).log"), encoding: .utf8) }
                return logs.contains { $0.contains("tasks cancelled on request") }
            }
        }
    }

    @Test
    func `the only worker of a type dies in the middle of a task: the attempt is over when it was last heard of, and the task waits`()
        async throws
    {
        try await FaultGrid.run { grid in
            try await grid.launch(.dispatcher).ready()
            let doomed = grid.launchWorker(named: "doomed", concurrency: 1, prefetch: 4, restarts: false)
            try await doomed.ready()
            try await grid.knows(FaultGrid.fault)
            let submitted = try await grid.submit(["hang-first", "next", "later"], each: 1)
            let id = submitted[0].ids[0]
            _ = try await holder(of: id, grid)
            let killed = try await doomed.kill()
            let when = Timestamp.now()
            // All wait: the one that ran, those in the dead worker's buffer, and those in its queue.
            try await grid.until { try await grid.counters().pending == 3 }
            report("the only worker of a type killed, until its task counts as waiting", .now - killed)
            let record = try await grid.client.status(id)
            #expect(record.status == .pending)
            let attempt = try #require(record.attempts.last)
            #expect(attempt.outcome == .interrupted)
            #expect(try #require(attempt.ended) <= when)
            _ = try await grid.probe.event(GridEvent.self) { $0.kind == .warning && $0.message.contains("not been heard of") }
            try await grid.launchWorker(named: "other").ready()
            let endings = try await grid.settle(submitted)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            // Tasks that the dead worker had not begun ran once.
            #expect(grid.runs.attempts.values.map(\.count).sorted() == [1, 1, 2])
        }
    }
}
