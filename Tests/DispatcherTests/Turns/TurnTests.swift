import AMQP
import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

/// Turns that are planned while the one before is being committed.
@Suite("Turns that overlap")
struct TurnTests {
    let harness: SchedulerHarness

    init() async throws {
        harness = try await SchedulerHarness(DispatcherConfiguration(maximumWindow: 8))
        _ = await harness.register()
    }

    @Test func `a window is not promised twice, and what is left waits and goes out in its order`() async throws {
        let first = await plan(5)
        let second = await plan(5)
        #expect(first.plan.changes.submissions.map(\.handsOut) == [true])
        #expect(second.plan.changes.submissions.map(\.handsOut) == [false], "ten do not fit into eight")
        let out = await settle(first, second)
        let ids = try out.flatMap { try $0.items().map(\.id.rawValue) }
        #expect(ids == [1, 2, 3, 4, 5, 6, 7, 8])
        let counts = await harness.counts()
        #expect((counts.queued, counts.pending, counts.submitted) == (8, 2, 10))
        // Waiting tasks are not forgotten because of the types that the first turn found exhausted.
        let items = ids.map { Results.Item(id: TaskID($0), attempt: 1, outcome: .succeeded(Data()), runTime: .seconds(1)) }
        let rest = await harness.turn { intake in
            let results = Results(form: .batch, type: .reverse, store: harness.store.identity, worker: "w1", items: items)
            intake.arrivals = [harness.delivery(results)]
        }
        #expect(try rest.items().map(\.id) == [9, 10])
    }

    @Test func `a result that comes twice in turns that overlap ends its task once`() async throws {
        _ = await harness.submit(["a"])
        let first = await planResult(1)
        let second = await planResult(1)
        let out = await settle(first, second)
        #expect(try out.flatMap { try $0.endings() }.map(\.id) == [1])
        let counts = await harness.counts()
        #expect(counts.succeeded == 1)
        #expect(counts.balances)
    }

    @Test func `the counters that are told are those between two turns`() async throws {
        _ = await harness.submit(["a"])
        let told = await harness.scheduler.toldCounts
        let first = await planResult(1)
        let second = await plan(1)
        let durable = await harness.scheduler.commit(first)
        _ = await harness.scheduler.settle(durable, isLast: false)
        #expect(await harness.scheduler.toldCounts == told)
        _ = await harness.scheduler.settle(await harness.scheduler.commit(second), isLast: true)
        let counts = await harness.scheduler.toldCounts
        #expect((counts?.succeeded, counts?.queued) == (1, 1))
    }

    @Test func `a schedule that a turn has planned is not forgotten when the turn before asks for due times`() async throws {
        var configuration = DispatcherConfiguration(maximumWindow: 8)
        configuration.retry.backoff = Backoff(base: .seconds(3600), ceiling: .seconds(3600))
        let harness = try await SchedulerHarness(configuration)
        _ = await harness.register()
        _ = await harness.submit(["a"])
        await harness.scheduler.becomeDue()
        let first = await harness.scheduler.plan(Inbox.Intake())
        #expect(first.plan.changes.takes.count == 1)
        let item = Results.Item(id: 1, attempt: 1, outcome: .failed(TaskError(.failed, "no")))
        let results = Results(form: .batch, type: .reverse, store: harness.store.identity, worker: "w1", items: [item])
        let committed = await harness.scheduler.commit(first)
        let second = await harness.scheduler.plan(
            Inbox.Intake(arrivals: [harness.delivery(results)]))
        #expect(second.plan.changes.schedules.count == 1)
        _ = await harness.scheduler.settle(committed, isLast: false)
        _ = await harness.scheduler.settle(await harness.scheduler.commit(second), isLast: true)
        #expect(await harness.scheduler.nextDue == second.plan.changes.schedules[0].due)
    }

    private func plan(_ count: Int) async -> Turn {
        let tasks = (0..<count).map { _ in Submission.Task(payload: Data("x".utf8)) }
        let submission = Submission(
            form: .batch, type: .reverse, key: UUID().uuidString, client: "c1", correlation: "q", tasks: tasks
        )
        return await harness.scheduler.plan(
            Inbox.Intake(arrivals: [harness.delivery(submission.message(), from: harness.topology.submitQueue)]))
    }

    private func planResult(_ id: TaskID) async -> Turn {
        let item = Results.Item(id: id, attempt: 1, outcome: .succeeded(Data()), runTime: .microseconds(7))
        let results = Results(form: .batch, type: .reverse, store: harness.store.identity, worker: "w1", items: [item])
        return await harness.scheduler.plan(
            Inbox.Intake(arrivals: [harness.delivery(results)]))
    }

    /// As the dispatcher does it: the second is planned before the first is settled.
    private func settle(_ first: Turn, _ second: Turn) async -> [Outbound] {
        let scheduler = harness.scheduler
        let one = await scheduler.commit(first)
        let two = await scheduler.commit(second)
        return [await scheduler.settle(one, isLast: false), await scheduler.settle(two, isLast: true)]
    }
}

extension Scheduler {
    fileprivate func becomeDue() { typeQueues[.reverse]?.nextDue = clock.now }
    fileprivate var nextDue: Timestamp? { typeQueues[.reverse]?.nextDue }
    fileprivate var toldCounts: TaskCounts? { typeQueues[.reverse]?.settled }
}
