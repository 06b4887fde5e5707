import ServiceSupport
import Synchronization
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TaskStoreSQLite
import TestSupport
import Testing

@testable import Dispatcher

@Suite("The watch over the store")
struct StoreWatchTests {
    private final class CheckedStore: ForwardingTaskStore {
        let store: any TaskStore
        let failure = Mutex<StoreError?>(nil)

        init() async throws { store = try await SQLiteTaskStore.inMemory() }

        func check() async throws(StoreError) {
            if let failure = failure.withLock({ $0 }) { throw failure }
        }
    }

    private let store: CheckedStore
    private let vitals = Vitals()
    private let told = Journal<String>()
    private let watch: StoreWatch

    init() async throws {
        store = try await CheckedStore()
        watch = StoreWatch(store: store, vitals: vitals, logger: .silent) { [told] message in told.add(message ?? "over") }
        vitals.enter(.serving)
    }

    private var reasons: [String] { vitals.report(service: "dispatcher", id: "1").reasons }

    @Test func `a store that cannot be written is told of, again every half minute, and once more when it is over`() async throws {
        #expect(await watch.look(after: 0) == 0)
        #expect(told.entries.isEmpty)

        store.failure.withLock { $0 = StoreError(.diskFull, "the disk is full") }
        var failures = 0
        for _ in 0..<7 { failures = try #require(await watch.look(after: failures)) }
        #expect(failures == 7)
        #expect(told.entries == ["the disk is full", "the disk is full"])
        #expect(reasons == ["the disk is full"])

        store.failure.withLock { $0 = nil }
        #expect(await watch.look(after: failures) == 0)
        #expect(told.entries.last == "over")
        #expect(reasons.isEmpty)
    }

    @Test func `the watch ends with a store that its own dispatcher has closed, and tells nothing`() async throws {
        store.failure.withLock { $0 = StoreError(.closed, "closed") }
        #expect(await watch.look(after: 0) == nil)
        #expect(told.entries.isEmpty)
    }
}
