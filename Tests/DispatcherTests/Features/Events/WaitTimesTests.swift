import AMQP
import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("How long tasks wait")
struct WaitTimesTests {
    @Test func `an event tells how long a task waited before it ran, and which waits longest`() async throws {
        let harness = try await SchedulerHarness(time: ManualTime(isFrozen: true))
        _ = await harness.register(concurrency: 1)
        _ = await harness.submit(["a", "b"])
        harness.time.pass(.seconds(5))
        var events = await harness.scheduler.takeEvents()
        await harness.scheduler.addOldestWaiting(to: &events)
        #expect(events.first?.oldest?.id == 1)
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data()), runTime: .seconds(2)))
        events = await harness.scheduler.takeEvents()
        await harness.scheduler.addOldestWaiting(to: &events)
        let waits = try #require(events.first { $0.type == .reverse }).waitTimes
        #expect(waits.map(\.count) == [1])
        #expect(waits.allSatisfy { (2_950_000...3_100_000).contains($0.microseconds) })
        #expect(events.first?.oldest?.id == 2)
    }

    @Test func `a task that waits in the store is the oldest where none was handed out`() async throws {
        let harness = try await SchedulerHarness(time: ManualTime(isFrozen: true))
        _ = await harness.register(concurrency: 1)
        _ = await harness.register(kind: .deregister)
        _ = await harness.submit(["a"])
        harness.time.pass(.seconds(5))
        var events = await harness.scheduler.takeEvents()
        await harness.scheduler.addOldestWaiting(to: &events)
        let oldest = try #require(events.first { $0.type == .reverse }?.oldest)
        #expect(oldest.id == 1)
    }

    @Test func `failed tasks are grouped by their errors without numbers, page by page`() async throws {
        let harness = try await SchedulerHarness(
            DispatcherConfiguration(retry: RetryPolicy(maxAttempts: 1, backoff: .init(base: .zero, ceiling: .zero))))
        _ = await harness.register()
        _ = await harness.submit(["a", "b", "c", "d"])
        for id in 1...3 as ClosedRange<Int64> {
            let text = id == 3 ? "no disk" : "no row \(id)"
            _ = await harness.result(.init(id: TaskID(id), attempt: 1, outcome: .failed(TaskError(.failed, text))))
        }
        let answer = await harness.scheduler.answer(FailuresQuery(TaskFilter()).message(from: "c", correlation: "1"))
        let failures = try AnswerMessage.read(FailuresQuery.Answer.self, answer)
        #expect(failures.next == nil)
        #expect(failures.groups.map(\.error) == ["failed: no row #", "failed: no disk"])
        #expect(failures.groups.map(\.count) == [2, 1])
        #expect(failures.groups.first?.newest == 2)
    }
}
