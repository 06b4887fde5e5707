import AMQP
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("Tasks of a known type that nobody runs", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct NoWorkerTests {
    private let type = TaskType(literal: "echo")
    /// Waiting for a worker must not use up an attempt.
    private let once = TaskOptions(TaskSettings(maxAttempts: 1))

    @Test func `tasks of a type without a worker wait in the store`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let (worker, _) = try await grid.startWorkers([runs.worker(type)])
            try await worker.stop()
            let texts = (0..<200).map(String.init)
            let submitted = try await grid.client.submitAndWatch(type, payloads: texts.payloads, options: once, within: .seconds(100))
            let counters = try await grid.counters(type)
            #expect(counters.pending == 200)
            _ = try await grid.startWorkers([runs.worker(type)])
            try await expectOnce(submitted, texts, runs)
        }
    }

    @Test func `tasks of a type whose work queue is gone wait in the store`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let (worker, _) = try await grid.startWorkers([runs.worker(type)])
            try await worker.stop()
            try await grid.probe.connection.delete(queue: grid.topology.workQueue(type).name)
            let texts = (0..<200).map(String.init)
            let submitted = try await grid.client.submitAndWatch(type, payloads: texts.payloads, options: once, within: .seconds(100))
            try await grid.until {
                let counters = try await grid.counters(type)
                let status = try await grid.client.status(submitted.ids[0]).status
                // Those that went out have come back, and no more go out.
                return status == .pending && counters.pending == 200
            }
            #expect(runs.entries.isEmpty)
            _ = try await grid.startWorkers([runs.worker(type)])
            try await expectOnce(submitted, texts, runs)
        }
    }

    private func expectOnce(_ submitted: Submitted, _ texts: [String], _ runs: Journal<RecordedRun>) async throws {
        var endings: [TaskID: Ending] = [:]
        for try await ending in submitted.endings { endings[ending.id] = ending }
        #expect(submitted.ids.map { endings[$0]?.result.text } == texts)
        #expect(runs.attempts.count == texts.count)
        #expect(runs.entries.count == texts.count)
    }
}
