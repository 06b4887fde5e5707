import Foundation
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TaskStoreSQLite
import TestSupport
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("A scheduler whose store refuses commits")
struct RefusingStoreTests {
    private final class RefusingStore: ForwardingTaskStore {
        let store: any TaskStore
        /// Says why a commit is refused; nil: it is made.
        let refusal = Mutex<(@Sendable (StoreChanges) -> StoreError?)?>(nil)
        let refused = Journal<StoreError.Code>()

        init() async throws { store = try await SQLiteTaskStore.inMemory() }

        func refuse(_ refusal: (@Sendable (StoreChanges) -> StoreError?)?) { self.refusal.withLock { $0 = refusal } }

        func commit(_ changes: StoreChanges, mayBlock: Bool) async throws(StoreError) -> StoreReceipt {
            guard let error = refusal.withLock({ $0 })?(changes) else { return try await store.commit(changes, mayBlock: mayBlock) }
            refused.add(error.code)
            throw error
        }
    }

    private static let error = StoreError(.readOnly, "store 'grid': this user may not do it (PostgreSQL at grid@db1.example:5432/grid)")

    private let store: RefusingStore
    private let vitals = Vitals()
    private let harness: SchedulerHarness

    init() async throws {
        store = try await RefusingStore()
        harness = try await SchedulerHarness(store: store, trouble: StoreTrouble(vitals))
        vitals.enter(.serving)
        _ = await harness.register()
    }

    private var reasons: [String] { vitals.report(service: "dispatcher", id: "1").reasons }

    @Test func `the health endpoint names the cause until a submission is accepted`() async throws {
        store.refuse { $0.submissions.isEmpty ? nil : Self.error }
        _ = await harness.submit(["a"])
        #expect(reasons == [Self.error.message])
        store.refuse(nil)
        _ = await harness.tick()
        #expect(reasons == [Self.error.message])
        _ = await harness.submit(["b"])
        #expect(reasons.isEmpty)
    }

    @Test func `the log tells of a refused commit once, until one is made or the cause is another`() async throws {
        let log = Journal<LogLine>()
        let harness = try await SchedulerHarness(store: store, trouble: StoreTrouble(vitals), logger: Logger(into: log))
        _ = await harness.register()
        func errors() -> Int { log.entries.count { $0.level == .error && $0.message.hasPrefix("store commit failed") } }
        store.refuse { $0.submissions.isEmpty ? nil : Self.error }
        for _ in 0..<3 { _ = await harness.submit(["a"]) }
        #expect(errors() == 1 && store.refused.entries.count == 3)
        store.refuse { $0.submissions.isEmpty ? nil : StoreError(.diskFull, "the disk is full") }
        _ = await harness.submit(["b"])
        #expect(errors() == 2)
        store.refuse(nil)
        _ = await harness.submit(["c"])
        store.refuse { $0.submissions.isEmpty ? nil : StoreError(.diskFull, "the disk is full") }
        _ = await harness.submit(["d"])
        #expect(errors() == 3)
    }

    @Test func `one submission that cannot be kept is no trouble of the store`() async throws {
        store.refuse { $0.submissions.isEmpty ? nil : StoreError(.badRequest, "too large") }
        _ = await harness.submit(["a"])
        #expect(store.refused.entries == [.badRequest] && reasons.isEmpty)
    }

    @Test func `the cause is named while results are tried again, and is over with them`() async throws {
        _ = await harness.submit(["a"])
        store.refuse { $0.endings.isEmpty ? nil : Self.error }
        async let out = harness.result(Results.Item(id: 1, attempt: 1, outcome: .succeeded(Data("done".utf8))))
        // The second refusal is that of the first step that is tried again, and the third comes after it was told.
        try await store.refused.wait(beyond: 2)
        #expect(reasons == [Self.error.message])
        store.refuse(nil)
        #expect(try await out.endings().map(\.id) == [1])
        #expect(reasons.isEmpty)
    }

    @Test(arguments: [
        (StoreError.Code.diskFull, "disk is full"), (.locked, "locked"), (.readOnly, "may not write"),
        (.unavailable, "connection to the server"), (.noLogin, "cannot log in"), (.missing, "was removed"),
        (.missing, "was replaced"), (.missing, "may not use it"),
    ])
    func `a client is told the kind of the trouble, and no host, user or path`(code: StoreError.Code, word: String) {
        let message = StoreError(code, "store /var/lib/x: grid@db1.example:5432 failed").publicMessage
        #expect(message.contains(word) && message.contains("the dispatcher's log"))
        #expect(!message.contains("db1") && !message.contains("/var"))
    }

    @Test func `the dispatcher's answer about itself has that text while the store refuses`() async {
        #expect(await harness.scheduler.limits().service?.problem == nil)
        store.refuse { $0.submissions.isEmpty ? nil : Self.error }
        _ = await harness.submit(["a"])
        #expect(await harness.scheduler.limits().service?.problem == Self.error.publicMessage)
        store.refuse(nil)
        _ = await harness.submit(["a"])
        #expect(await harness.scheduler.limits().service?.problem == nil)
    }

    @Test func `the answer to a query has that text`() {
        let handler = QueryHandler(store: store, scheduler: harness.scheduler, logger: .silent)
        let refusal = handler.refusal(Self.error, to: Message())
        let error = #expect(throws: QueryError.self) { try AnswerMessage.read([String].self, refusal) }
        #expect(error?.message == Self.error.publicMessage)
    }
}
