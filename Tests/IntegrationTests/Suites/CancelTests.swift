import AMQP
import Foundation
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

@Suite("Tasks that are cancelled", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct CancelTests {
    private let type = TaskType(literal: "slow")

    /// A worker that runs until it is cancelled, or the gate opens.
    private func worker(_ runs: Journal<RecordedRun>, _ gate: Latch) -> any TaskWorker {
        runs.worker(type) { text, _ in
            if text != "quick" { try await gate.wait() }
            return text
        }
    }

    @Test func `a running task is cancelled, and its worker is free at once`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([worker(runs, Latch())], concurrency: 1)
            let submitted = try await grid.client.submitAndWatch(type, payloads: ["x"].payloads, within: .seconds(60))
            try await runs.begun(1)
            try await grid.until { try await grid.client.status(submitted.ids[0]).status == .running }
            #expect(try await grid.client.cancel(submitted.ids) == [.init(id: submitted.ids[0], outcome: .done, state: .running)])
            // The client that waits is told, and the only slot runs the next task.
            for try await ending in submitted.endings { #expect(ending.state == .cancelled) }
            #expect(try await grid.client.run(type, payload: Data("quick".utf8), within: .seconds(60)).state == .succeeded)
            #expect(try await grid.client.status(submitted.ids[0]).error == TaskError(.cancelled, "cancelled on request"))
            try await expectBooks(grid, cancelled: 1, succeeded: 1)
        }
    }

    @Test func `tasks in the queue and in a worker's buffer are cancelled and do not run`() async throws {
        try await Grid.run { grid in
            let (runs, gate) = (Journal<RecordedRun>(), Latch())
            _ = try await grid.startWorkers([worker(runs, gate)], concurrency: 1, prefetch: 1)
            let ids = try await grid.client.submit(type, payloads: (0..<10).map(String.init).payloads)
            try await runs.begun(1)
            let outcomes = try await grid.client.cancel(Array(ids.dropFirst()))
            #expect(outcomes.map(\.outcome) == Array(repeating: .done, count: 9))
            #expect(outcomes.allSatisfy { $0.state == .queued })
            gate.open()
            #expect(try await grid.client.outcome(of: ids[0], within: .seconds(60)).state == .succeeded)
            #expect(try await grid.client.run(type, payload: Data("quick".utf8), within: .seconds(60)).state == .succeeded)
            #expect(runs.entries.map(\.payload) == ["0", "quick"])
            try await expectBooks(grid, cancelled: 9, succeeded: 2)
        }
    }

    @Test func `tasks are cancelled before they are due and while there is no worker`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let (running, _) = try await grid.startWorkers([worker(runs, Latch())])
            try await running.stop()
            try await grid.probe.connection.delete(queue: grid.topology.workQueue(type).name)
            let delayed = try await grid.client.submit(
                type, payload: Data("quick".utf8), options: TaskOptions(TaskSettings(delay: .seconds(3600))))
            let waiting = try await grid.client.submit(type, payloads: (0..<5000).map { _ in "quick" }.payloads)
            // The work that went out has come back, and the rest has not gone out.
            try await grid.until {
                let counters = try await grid.counters(type)
                return counters.queued == 0 && counters.pending + counters.scheduled == 5001
            }
            #expect(try await grid.counters(type).pending > 0)
            let outcomes = try await grid.client.cancel([delayed] + waiting)
            #expect(outcomes.count == 5001 && outcomes.allSatisfy { $0.outcome == .done })
            #expect(Set(outcomes.map(\.state)).isSubset(of: [.pending, .scheduled]) && outcomes[0].state == .scheduled)
            try await expectBooks(grid, cancelled: 5001, succeeded: 0)
            _ = try await grid.startWorkers([worker(runs, Latch())])
            #expect(try await grid.client.run(type, payload: Data("quick".utf8), within: .seconds(60)).state == .succeeded)
            #expect(runs.entries.count == 1)
        }
    }

    @Test func `cancelling an ended or unknown task is refused`() async throws {
        try await Grid.run { grid in
            _ = try await grid.startWorkers([worker(Journal(), Latch())])
            let ended = try await grid.client.run(type, payload: Data("quick".utf8), within: .seconds(60))
            let unknown = TaskID(ended.id.rawValue + 1000)
            let outcomes = try await grid.client.cancel([ended.id, unknown])
            #expect(outcomes == [.init(id: ended.id, outcome: .refused, state: .succeeded), .init(id: unknown, outcome: .unknown)])
            #expect(try await grid.client.cancel([]).isEmpty)
        }
    }

    private func expectBooks(_ grid: Grid, cancelled: Int, succeeded: Int) async throws {
        let counters = try await grid.counters(type)
        #expect(counters.cancelled == cancelled)
        #expect(counters.succeeded == succeeded)
        #expect(counters.submitted == cancelled + succeeded)
        #expect(counters.balances)
    }
}
