import Foundation
import ServiceSupport
import TaskGridCore
import TaskStore
import TestSupport
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("Bulk actions")
struct BulkActionTests {
    /// A grid of which no worker takes anything, with so many tasks.
    private func harness(_ count: Int) async throws -> SchedulerHarness {
        let harness = try await SchedulerHarness(
            DispatcherConfiguration(retry: RetryPolicy(maxAttempts: 1, backoff: Backoff(base: .zero, ceiling: .zero))))
        _ = await harness.register()
        _ = await harness.register(kind: .deregister)
        _ = await harness.submit((0..<count).map { "\($0)" })
        return harness
    }

    private func give<Asked: Query>(_ query: Asked, _ harness: SchedulerHarness) async throws -> Result<BulkAction, QueryError>
    where Asked.Answer == BulkAction {
        let inbox = Inbox()
        let message = query.message(from: "c", correlation: "1")
        if let refusal = await harness.scheduler.answer(message, from: "c", commandsTo: inbox) {
            return Result { () throws(QueryError) in try read(refusal) }
        }
        let out = await harness.scheduler.turn(await inbox.take())
        let answer = try #require(out.publications.first { $0.exchange == harness.topology.reply.name && $0.routingKey == "c" })
        return Result { () throws(QueryError) in try read(answer.message) }
    }

    private func read(_ message: Message) throws(QueryError) -> BulkAction { try AnswerMessage.read(BulkAction.self, message) }

    /// Takes a step; false where none is to be taken.
    private func step(_ harness: SchedulerHarness) async -> Bool {
        let inbox = Inbox()
        let runner = BulkRunner(store: harness.store, scheduler: harness.scheduler, inbox: inbox, vitals: Vitals(), logger: .silent)
        await runner.begin()
        guard !inbox.isEmpty else { return false }
        _ = await harness.scheduler.turn(await inbox.take())
        return true
    }

    private func action(_ harness: SchedulerHarness, _ id: String = "b") async -> BulkAction? {
        await harness.scheduler.bulkActions(BulkActionsQuery(id: id)).actions.first
    }

    @Test func `a cancellation of many tasks goes step by step, and on after the dispatcher has died`() async throws {
        let harness = try await harness(1200)
        let started = try await give(BulkQuery(.cancel, matching: TaskFilter(type: .reverse), expected: 1200, id: "b"), harness).get()
        #expect(started.state == .running && started.done == 0)
        #expect(await step(harness))
        let first = try #require(await action(harness))
        #expect(first.done == 500 && first.before == 701 && first.state == .running)
        #expect(await harness.counts().cancelled == 500)

        let next = try await SchedulerHarness(store: harness.store)
        #expect(await action(next)?.done == 500)
        // The one before is not the active dispatcher any more.
        while await step(next) {}
        let last = try #require(await action(next))
        #expect(last.done == 1200 && last.refused == 0 && last.state == .finished && last.ended != nil)
        #expect(await next.counts().cancelled == 1200)
        #expect(try await next.store.bulkActions() == [last])
        try await next.expectCountersOfStore()
    }

    @Test func `an action that is started twice with one id is one action`() async throws {
        let harness = try await harness(30)
        let query = BulkQuery(.cancel, matching: TaskFilter(), expected: 30, id: "b")
        _ = try await give(query, harness).get()
        while await step(harness) {}
        let again = try await give(query, harness).get()
        #expect(again.state == .finished && again.done == 30)
        #expect(await step(harness) == false)
    }

    @Test func `an id that stands for another action or other tasks is refused`() async throws {
        let harness = try await harness(30)
        _ = try await give(BulkQuery(.cancel, matching: TaskFilter(createdSince: Timestamp(rawValue: 1)), expected: 30, id: "b"), harness)
            .get()
        // The same ten seconds later, of tasks since an hour ago.
        let later = TaskFilter(createdSince: Timestamp(rawValue: 10_001))
        let again = try await give(BulkQuery(.cancel, matching: later, expected: 30, id: "b"), harness).get()
        #expect(again.filter.createdSince == Timestamp(rawValue: 1))
        for query in [
            BulkQuery(.retry, matching: TaskFilter(), expected: 30, id: "b"),
            BulkQuery(.cancel, matching: TaskFilter(type: .reverse), expected: 30, id: "b"),
            BulkQuery(.cancel, matching: TaskFilter(state: .pending), expected: 30, id: "b"),
        ] {
            let result = try await give(query, harness)
            guard case .failure(let error) = result else {
                Issue.record("\(query) was answered with another action")
                continue
            }
            #expect(error.code == .conflict && error.message.contains("'b'"))
        }
        #expect(await action(harness)?.kind == .cancel)
    }

    @Test func `failed tasks of one kind of error are retried, and no others`() async throws {
        let harness = try await harness(0)
        _ = await harness.register()
        _ = await harness.submit(["a", "b", "c"])
        for (id, text) in [(1, "no row 7"), (2, "no row 12"), (3, "no disk")] as [(Int64, String)] {
            _ = await harness.result(.init(id: TaskID(id), attempt: 1, outcome: .failed(TaskError(.failed, text))))
        }
        _ = await harness.register(kind: .deregister)
        let filter = TaskFilter(type: .reverse, errorGroup: ErrorGroup(text: "failed: no row #"))
        _ = try await give(BulkQuery(.retry, matching: filter, expected: 2, id: "b"), harness).get()
        while await step(harness) {}
        #expect(await action(harness)?.done == 2)
        let counts = await harness.counts()
        #expect(counts.failed == 1 && counts.pending == 2)
    }

    @Test(arguments: [100, 1500]) func `an action is refused where another number of tasks matches than was expected`(_ expected: Int)
        async throws
    {
        let harness = try await harness(1200)
        let result = try await give(BulkQuery(.cancel, matching: TaskFilter(), expected: expected, id: "b"), harness)
        guard case .failure(let error) = result else {
            Issue.record("it was started")
            return
        }
        #expect(error.code == .conflict)
        #expect(await action(harness) == nil)
    }

    @Test func `tasks that come while it runs do not make it change more than were expected`() async throws {
        let harness = try await harness(600)
        _ = try await give(BulkQuery(.cancel, matching: TaskFilter(), expected: 600, id: "b"), harness).get()
        // Newer ones, before its first step.
        _ = await harness.submit((0..<1000).map { "\($0)" })
        while await step(harness) {}
        let last = try #require(await action(harness))
        #expect(last.state == .exceeded && last.done == BulkAction.limit(600))
    }

    @Test func `an action that is stopped leaves the other tasks alone`() async throws {
        let harness = try await harness(1200)
        _ = try await give(BulkQuery(.cancel, matching: TaskFilter(), expected: 1200, id: "b"), harness).get()
        #expect(await step(harness))
        let stopped = try await give(BulkStopQuery(id: "b"), harness).get()
        #expect(stopped.state == .stopped && stopped.done == 500)
        #expect(await step(harness) == false)
        #expect(await harness.counts().pending == 700)
        guard case .failure(let error) = try await give(BulkStopQuery(id: "nobody"), harness) else {
            Issue.record("an unknown action was stopped")
            return
        }
        #expect(error.code == .notFound)
    }

    @Test func `a state in which the action is not possible is refused`() async throws {
        let harness = try await harness(1)
        for (kind, state) in [(.cancel, .failed), (.retry, .succeeded), (.retry, .pending)] as [(BulkAction.Kind, TaskState)] {
            guard
                case .failure(let error) = try await give(
                    BulkQuery(kind, matching: TaskFilter(state: state), expected: 1, id: "b"), harness)
            else {
                Issue.record("\(kind) \(state) was started")
                continue
            }
            #expect(error.code == .badQuery)
        }
    }
}
