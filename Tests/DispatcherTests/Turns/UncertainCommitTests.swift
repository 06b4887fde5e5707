import Foundation
import TaskGridCore
import TaskStore
import TaskStoreSQLite
import Testing

import class TaskStoreConformance.UncertainStore

@testable import AMQP
@testable import Dispatcher

@Suite("A scheduler that is not told whether its commit was made")
struct UncertainCommitTests {
    private let store: UncertainStore
    private let harness: SchedulerHarness

    init() async throws {
        store = UncertainStore(try await SQLiteTaskStore.inMemory())
        harness = try await SchedulerHarness(store: store)
        _ = await harness.register()
    }

    private var success: Results.Item { Results.Item(id: 1, attempt: 1, outcome: .succeeded(Data("done".utf8))) }

    @Test(arguments: UncertainStore.Outcome.allCases)
    func `it says and acknowledges nothing, and does nothing more until it reads the store again`(outcome: UncertainStore.Outcome)
        async throws
    {
        store.failNextCommit(outcome)
        #expect(await harness.submit(["a"], key: "k").isEmpty)
        #expect(await harness.submit(["b"]).isEmpty)
        #expect(await harness.tick().isEmpty)
        #expect(try await store.counts()[.reverse]?.submitted == (outcome == .committed ? 1 : 0))
    }

    @Test(arguments: UncertainStore.Outcome.allCases)
    func `a submission that comes again is accepted once, answered, and its task goes out`(outcome: UncertainStore.Outcome) async throws {
        store.failNextCommit(outcome)
        #expect(await harness.submit(["a"], key: "k").isEmpty)
        _ = await harness.turn { $0.mustResume = true }
        let out = await harness.submit(["a"], key: "k")
        let accepted = try out.replies().compactMap { reply -> TaskID? in
            if case .accepted(let first, _, _) = reply.content { first } else { nil }
        }
        #expect(accepted == [1])
        #expect(out.acknowledges != nil)
        #expect(try await store.counts()[.reverse]?.submitted == 1)
        // If the commit was made, its work was never published: the delivery audit finds that nobody has it.
        #expect(await harness.machine(1) != nil)
    }

    @Test(arguments: UncertainStore.Outcome.allCases)
    func `a result that comes again ends its task once, and its client is told or finds it ended`(outcome: UncertainStore.Outcome)
        async throws
    {
        _ = await harness.submit(["a"])
        store.failNextCommit(outcome)
        #expect(await harness.result(success).isEmpty)
        _ = await harness.turn { $0.mustResume = true }
        let again = await harness.result(success)
        #expect(again.acknowledges != nil)
        #expect(try again.endings().map(\.id) == (outcome == .lost ? [1] : []))
        let record = try await store.task(1)
        #expect(record?.status == .succeeded && record?.result == Data("done".utf8))
        let counts = try #require(try await store.counts()[.reverse])
        #expect(counts.succeeded == 1 && counts.balances)
        #expect(await harness.counts() == counts)
    }

    @Test func `a submission that may have been accepted by that commit is not rejected for certain when the store is away`() async throws {
        store.failNextCommit(.committed)
        #expect(await harness.submit(["a"], key: "k").isEmpty)
        _ = await harness.turn { $0.mustResume = true }
        let away = StoreError(.unavailable, "the database is away")
        for (isRedelivered, code) in [(true, Rejection.Code.outcomeUnknown), (false, .storeUnavailable)] {
            store.failNextCommit(.lost, with: away)
            let out = await harness.submit(["a"], key: "k", isRedelivered: isRedelivered)
            let replies = try out.replies()
            guard replies.count == 1, case .rejected(let rejection) = replies[0].content else {
                return #expect(Bool(false), "\(replies)")
            }
            #expect(rejection.code == code && rejection.message.contains("no connection"))
            // No later dispatcher is to accept what its client was told is rejected.
            #expect(out.acknowledges != nil && out.rejections.count == 1 && out.publications.isEmpty)
        }
    }

    @Test func `a turn that was planned meanwhile is of the earlier term and changes nothing`() async throws {
        _ = await harness.submit(["a"])
        let results = Results(form: .batch, type: .reverse, store: store.identity, worker: "w1", items: [success])
        let intake = Inbox.Intake(arrivals: [harness.delivery(results)])
        let first = await harness.scheduler.plan(intake)
        let second = await harness.scheduler.plan(Inbox.Intake())
        store.failNextCommit(.lost)
        #expect(await harness.scheduler.commit(first).failure?.code == .unknown)
        _ = await harness.turn { $0.mustResume = true }
        _ = await harness.scheduler.commit(second)
        #expect(try await store.task(1)?.status == .queued)
    }
}
