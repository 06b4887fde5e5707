import AMQP
import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

/// Turns that are planned while the one before is being committed.
@Suite("Turns that overlap")
struct TurnTests {
    let desk: Desk

    init() async throws {
        desk = try await Desk(DispatcherConfiguration(maximumWindow: 8))
        _ = await desk.register()
    }

    @Test("a window is not promised twice, and what is left waits and goes out in its order")
    func window() async throws {
        let first = await plan(5)
        let second = await plan(5)
        #expect(first.plan.changes.submissions.map(\.handsOut) == [true])
        #expect(second.plan.changes.submissions.map(\.handsOut) == [false], "ten do not fit into eight")
        let out = await settle(first, second)
        let ids = try out.flatMap { try $0.items().map(\.id.rawValue) }
        #expect(ids == [1, 2, 3, 4, 5, 6, 7, 8])
        let counts = await desk.counts()
        #expect((counts.queued, counts.pending, counts.submitted) == (8, 2, 10))
        // What waits is not forgotten for what the first turn found exhausted.
        let items = ids.map { Results.Item(id: TaskID($0), attempt: 1, outcome: .succeeded(Data()), runTime: .seconds(1)) }
        let rest = await desk.turn { intake in
            let results = Results(form: .batch, type: .reverse, store: desk.store.identity, worker: "w1", items: items)
            intake.arrivals = [desk.delivery(results.message(isPersistent: true), from: desk.topology.resultsQueue)]
        }
        #expect(try rest.items().map(\.id) == [9, 10])
    }

    @Test("a result that comes twice in turns that overlap ends its task once")
    func twice() async throws {
        _ = await desk.submit(["a"])
        let first = await planResult(1)
        let second = await planResult(1)
        let out = await settle(first, second)
        #expect(try out.flatMap { try $0.endings() }.map(\.id) == [1])
        let counts = await desk.counts()
        #expect(counts.succeeded == 1)
        #expect(counts.balances)
    }

    @Test("the books that are told are those between two turns")
    func books() async throws {
        _ = await desk.submit(["a"])
        let told = await desk.scheduler.toldCounts
        let first = await planResult(1)
        let second = await plan(1)
        let durable = await desk.scheduler.commit(first)
        _ = await desk.scheduler.settle(durable, isLast: false)
        #expect(await desk.scheduler.toldCounts == told)
        _ = await desk.scheduler.settle(await desk.scheduler.commit(second), isLast: true)
        let counts = await desk.scheduler.toldCounts
        #expect((counts?.succeeded, counts?.queued) == (1, 1))
    }

    @Test("what a turn has planned for later is not forgotten when the one before looks what is due")
    func dues() async throws {
        var configuration = DispatcherConfiguration(maximumWindow: 8)
        configuration.retry.backoff = Backoff(base: .seconds(3600), ceiling: .seconds(3600))
        let desk = try await Desk(configuration)
        _ = await desk.register()
        _ = await desk.submit(["a"])
        await desk.scheduler.becomeDue()
        let first = await desk.scheduler.plan(Inbox.Intake())
        #expect(first.plan.changes.takes.count == 1)
        let item = Results.Item(id: 1, attempt: 1, outcome: .failed(TaskError(.failed, "no")))
        let results = Results(form: .batch, type: .reverse, store: desk.store.identity, worker: "w1", items: [item])
        let committed = await desk.scheduler.commit(first)
        let second = await desk.scheduler.plan(
            Inbox.Intake(arrivals: [desk.delivery(results.message(isPersistent: true), from: desk.topology.resultsQueue)]))
        #expect(second.plan.changes.schedules.count == 1)
        _ = await desk.scheduler.settle(committed, isLast: false)
        _ = await desk.scheduler.settle(await desk.scheduler.commit(second), isLast: true)
        #expect(await desk.scheduler.nextDue == second.plan.changes.schedules[0].due)
    }

    private func plan(_ count: Int) async -> Turn {
        let tasks = (0..<count).map { _ in Submission.Task(payload: Data("x".utf8)) }
        let submission = Submission(
            form: .batch, type: .reverse, key: UUID().uuidString, client: "c1", correlation: "q", tasks: tasks
        )
        return await desk.scheduler.plan(Inbox.Intake(arrivals: [desk.delivery(submission.message(), from: desk.topology.submitQueue)]))
    }

    private func planResult(_ id: TaskID) async -> Turn {
        let item = Results.Item(id: id, attempt: 1, outcome: .succeeded(Data()), runTime: .microseconds(7))
        let results = Results(form: .batch, type: .reverse, store: desk.store.identity, worker: "w1", items: [item])
        return await desk.scheduler.plan(
            Inbox.Intake(arrivals: [desk.delivery(results.message(isPersistent: true), from: desk.topology.resultsQueue)]))
    }

    /// As the dispatcher does it: the second is planned before the first is settled.
    private func settle(_ first: Turn, _ second: Turn) async -> [Outbound] {
        let scheduler = desk.scheduler
        let one = await scheduler.commit(first)
        let two = await scheduler.commit(second)
        return [await scheduler.settle(one, isLast: false), await scheduler.settle(two, isLast: true)]
    }
}

extension Scheduler {
    fileprivate func becomeDue() { lanes[.reverse]?.nextDue = clock.now }
    fileprivate var nextDue: Timestamp? { lanes[.reverse]?.nextDue }
    fileprivate var toldCounts: TaskCounts? { lanes[.reverse]?.settled }
}
