import Foundation
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

@Suite("Attempts that fail", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct RetryTests {
    private let type = TaskType(literal: "fragile")
    private let payload = Data("x".utf8)

    @Test func `a failed task is retried until an attempt succeeds`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let worker = runs.worker(type) { text, context in
                guard context.attempt == 3 else { throw TaskError(.failed, "not yet") }
                return text
            }
            _ = try await grid.startWorkers([worker])
            let ending = try await grid.client.run(type, payload: payload, within: .seconds(60))
            #expect(ending.state == .succeeded)
            #expect(ending.attempt == 3)
            #expect(runs.attempts == [ending.id: [1, 2, 3]])
        }
    }

    @Test func `a task has no more attempts than allowed`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type) { _, context in throw TaskError(.failed, "attempt \(context.attempt)") }])
            let byDefault = try await grid.client.run(type, payload: payload, within: .seconds(60))
            #expect(byDefault.state == .failed)
            #expect(byDefault.error == TaskError(.failed, "attempt 3"))
            let twice = try await grid.client.run(
                type, payload: payload, options: TaskOptions(TaskSettings(maxAttempts: 2)), within: .seconds(60))
            #expect(twice.error == TaskError(.failed, "attempt 2"))
            #expect(runs.attempts == [byDefault.id: [1, 2, 3], twice.id: [1, 2]])
            let counters = try await grid.counters(type)
            #expect(counters.failed == 2)
            #expect(counters.balances)
        }
    }

    @Test func `a task with invalid input is not retried`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type) { _, _ in throw TaskError(.invalidInput, "no number") }])
            let ending = try await grid.client.run(type, payload: payload, within: .seconds(60))
            #expect(ending.state == .failed)
            #expect(ending.error == TaskError(.invalidInput, "no number"))
            #expect(runs.attempts == [ending.id: [1]])
        }
    }

    @Test func `an attempt that exceeds its timeout is retried, and the last one fails the task`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let gate = Latch()
            let worker = runs.worker(type) { text, context in
                if context.attempt < 3 { try await gate.wait() }
                return text
            }
            _ = try await grid.startWorkers([worker])
            let short = TaskOptions(TaskSettings(maxAttempts: 2, timeout: .milliseconds(100)))
            let failed = try await grid.client.run(type, payload: payload, options: short, within: .seconds(60))
            #expect(failed.state == .failed)
            #expect(failed.error?.code == .timedOut)
            #expect(failed.attempt == 2)
            // The third attempt is quick enough.
            let long = TaskOptions(TaskSettings(maxAttempts: 3, timeout: .milliseconds(500)))
            let succeeded = try await grid.client.run(type, payload: payload, options: long, within: .seconds(60))
            #expect(succeeded.state == .succeeded)
            #expect(runs.attempts == [failed.id: [1, 2], succeeded.id: [1, 2, 3]])
        }
    }

    @Test func `an attempt over its timeout ends though its code ignores cancellation`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let gate = Latch()
            let worker = runs.worker(type) { text, _ in
                if text == "stubborn" { await gate.waitStubbornly() }
                return text
            }
            let (running, _) = try await grid.startWorkers([worker], concurrency: 2)
            let options = TaskOptions(TaskSettings(maxAttempts: 1, timeout: .milliseconds(100)))
            let stubborn = try await grid.client.run(type, payload: Data("stubborn".utf8), options: options, within: .seconds(60))
            #expect(stubborn.state == .failed)
            #expect(stubborn.error?.code == .timedOut)
            // Its code is still there; others run beside it.
            for _ in 0..<3 {
                #expect(try await grid.client.run(type, payload: payload, within: .seconds(60)).state == .succeeded)
            }
            gate.open()
            try await running.stop()
            #expect(try await grid.client.status(stubborn.id).error?.code == .timedOut)
            let counters = try await grid.counters(type)
            #expect(counters.failed == 1)
            #expect(counters.succeeded == 3)
            #expect(counters.balances)
        }
    }
}
