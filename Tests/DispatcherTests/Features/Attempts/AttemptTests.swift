import Foundation
import Synchronization
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("The history of a task's attempts")
struct AttemptTests {
    private func ask(_ id: TaskID, _ harness: SchedulerHarness) async throws -> TaskRecord {
        let answer = await harness.scheduler.answer(TaskQuery(id: id).message(from: "c", correlation: "1"))
        return try AnswerMessage.read(TaskRecord.self, answer)
    }

    @Test func `attempts that failed, timed out, lost their worker and succeeded are listed in order`() async throws {
        let harness = try await SchedulerHarness(
            DispatcherConfiguration(retry: RetryPolicy(maxAttempts: 5, backoff: Backoff(base: .zero, ceiling: .zero))))
        _ = await harness.register()
        _ = await harness.submit(["a"])
        _ = await harness.result(
            .init(id: 1, attempt: 1, outcome: .failed(TaskError(.failed, "broken")), runTime: .milliseconds(7)), worker: "w1")
        _ = await harness.tick()
        _ = await harness.result(
            .init(id: 1, attempt: 2, outcome: .failed(TaskError(.timedOut, "too long")), runTime: .seconds(2)), worker: "w2")
        _ = await harness.tick()
        _ = await harness.register("w3", running: [.init(task: 1, attempt: 3)])
        harness.gone.value.withLock { $0 = ["w3"] }
        _ = await harness.result(.init(id: 1, attempt: 3, outcome: .interrupted), worker: "w4")
        _ = await harness.tick()
        _ = await harness.register("w5", running: [.init(task: 1, attempt: 4)])

        let running = try await ask(1, harness)
        #expect(running.status == .running)
        #expect(running.attempts.map(\.number) == [1, 2, 3, 4])
        #expect(running.attempts.map(\.outcome) == [.failed, .timedOut, .interrupted, .running])
        #expect(running.attempts.map(\.worker) == ["w1", "w2", "w3", "w5"])
        #expect(running.attempts[0].error == TaskError(.failed, "broken"))
        #expect(running.attempts[0].runTime == .milliseconds(7))
        #expect(running.attempts[2].error?.code == .interrupted)
        #expect(running.attempts[2].started != nil)
        #expect(running.attempts[3].ended == nil)

        _ = await harness.result(.init(id: 1, attempt: 4, outcome: .succeeded(Data("x".utf8)), runTime: .milliseconds(1)), worker: "w5")
        let ended = try await ask(1, harness)
        #expect(ended.attempts.map(\.outcome) == [.failed, .timedOut, .interrupted, .succeeded])
        #expect(ended.attempts.last?.worker == "w5")
    }

    @Test
    func `the attempt that ended a task as failed, and one that was cancelled while it ran, are told; one that never began is not`()
        async throws
    {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a", "b", "c"])
        _ = await harness.register(running: [.init(task: 2, attempt: 1)])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .failed(TaskError(.invalidInput, "no number"))))
        _ = try await harness.command(CancelQuery(tasks: [2, 3]))
        #expect(try await ask(1, harness).attempts.map(\.outcome) == [.failed])
        #expect(try await ask(2, harness).attempts.map(\.outcome) == [.cancelled])
        #expect(try await ask(2, harness).attempts.first?.worker == "w1")
        #expect(try await ask(3, harness).attempts.isEmpty)
    }

    @Test func `a task that succeeds at once, or is given back, stores no attempt`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a", "b"])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())), .init(id: 2, attempt: 1, outcome: .returned))
        #expect(try await harness.store.task(2)?.attempts.isEmpty == true)
        #expect(try await harness.store.task(1)?.attempts.map(\.outcome) == [.succeeded])
    }

    @Test func `a brief list has neither payloads nor results`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a", "b"])
        _ = await harness.register(running: [.init(task: 2, attempt: 1)])
        for filter in [TaskFilter(), TaskFilter(state: .running)] {
            let query = TasksQuery(filter, isBrief: true).message(from: "c", correlation: "1")
            let answer = try AnswerMessage.read(TasksQuery.Answer.self, await harness.scheduler.answer(query))
            #expect(!answer.tasks.isEmpty && answer.tasks.allSatisfy { $0.payload.isEmpty })
        }
    }

    @Test func `a running task is not listed as queued`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a", "b"])
        _ = await harness.register(running: [.init(task: 2, attempt: 1)])
        let query = TasksQuery(state: .queued).message(from: "c", correlation: "1")
        let answer = try AnswerMessage.read(TasksQuery.Answer.self, await harness.scheduler.answer(query))
        #expect(answer.tasks.map(\.id) == [1])
    }
}
