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
    /// Time that passes when the test says so.
    private final class Time: Sendable {
        private let shown = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { shown.withLock { $0 } }
        func pass(_ duration: Duration) { shown.withLock { $0 += duration } }
    }

    private let time = Time()
    private let vitals: Vitals
    private let trouble: StoreTrouble
    private let told = Journal<String>()
    private let watch: StoreWatch

    init() async throws {
        store = try await CheckedStore()
        vitals = Vitals { [time] in time.now }
        trouble = StoreTrouble(vitals) { [time] in time.now }
        watch = StoreWatch(store: store, trouble: trouble, vitals: vitals, logger: .silent) { [told] message in
            told.add(message ?? "over")
        }
        vitals.enter(.serving)
    }

    private var reasons: [String] { vitals.report(service: "dispatcher", id: "1").reasons }

    @Test func `a store that cannot be written is told of, again every half minute, and once more when it is over`() async throws {
        #expect(await watch.look(after: .init()) == .init())
        #expect(told.entries.isEmpty)

        store.failure.withLock { $0 = StoreError(.diskFull, "the disk is full") }
        var failures = StoreWatch.Failures()
        for _ in 0..<7 { failures = try #require(await watch.look(after: failures)) }
        #expect(failures.count == 7)
        #expect(told.entries == ["the disk is full", "the disk is full"])
        #expect(reasons == ["the disk is full"])

        store.failure.withLock { $0 = nil }
        #expect(await watch.look(after: failures) == .init())
        #expect(told.entries.last == "over")
        #expect(reasons.isEmpty)
    }

    @Test func `another cause is told at once`() async throws {
        var failures = StoreWatch.Failures()
        for error in [StoreError(.unavailable, "the server is gone"), StoreError(.failed, "the login is refused")] {
            store.failure.withLock { $0 = error }
            failures = try #require(await watch.look(after: failures))
            #expect(reasons == [error.message])
        }
        #expect(told.entries == ["the server is gone", "the login is refused"])
    }

    @Test func `another text of the same kind is told at once`() async throws {
        trouble.found(StoreError(.readOnly, "no right to INSERT"), by: .submissions)
        let failures = try #require(await watch.look(after: .init()))
        store.failure.withLock { $0 = StoreError(.readOnly, "no right USAGE") }
        _ = await watch.look(after: failures)
        #expect(told.entries == ["no right to INSERT", "no right USAGE"] && reasons == ["no right USAGE"])
    }

    @Test func `a look that fails while submissions are accepted says so, until a commit fails too`() async throws {
        let crowded = StoreError(.unavailable, "no connection left")
        store.failure.withLock { $0 = crowded }
        var failures = try #require(await watch.look(after: .init()))
        time.pass(.seconds(1))
        trouble.ended(.submissions)
        for _ in 0..<2 { failures = try #require(await watch.look(after: failures)) }
        #expect(told.entries == ["no connection left", "no connection left; submissions are accepted, only reads fail"])
        trouble.found(crowded, by: .submissions)
        _ = await watch.look(after: failures)
        #expect(told.entries.last == "no connection left")
    }

    /// A look may take as long as the limit for a new connection.
    @Test func `an end that a commit has seen is told before the next look`() async throws {
        let watching = Task { [watch] in await watch.run() }
        trouble.found(StoreError(.readOnly, "no right to INSERT"), by: .submissions)
        trouble.looked()
        try await told.wait(beyond: 0)
        trouble.ended(.submissions)
        try await told.wait(beyond: 1)
        #expect(told.entries == ["no right to INSERT", "over"])
        watching.cancel()
        await watching.value
    }

    @Test func `a cause that only commits find is told once, until a commit with submissions succeeds`() async throws {
        trouble.found(StoreError(.readOnly, "no right to INSERT"), by: .submissions)
        #expect(reasons == ["no right to INSERT"])
        var failures = StoreWatch.Failures()
        for _ in 0..<3 { failures = try #require(await watch.look(after: failures)) }
        #expect(told.entries == ["no right to INSERT"] && reasons == told.entries)
        trouble.ended(.submissions)
        #expect(reasons.isEmpty)
        _ = await watch.look(after: failures)
        #expect(told.entries.last == "over")
    }

    @Test func `the log tells of refused commits with the same cause each half minute`() {
        let error = StoreError(.readOnly, "no right to INSERT")
        #expect(trouble.tells(error) && !trouble.tells(error))
        time.pass(StoreTrouble.pause - .seconds(1))
        #expect(!trouble.tells(error))
        time.pass(.seconds(1))
        #expect(trouble.tells(error) && !trouble.tells(error))
    }

    @Test func `rejected submissions are forgotten a minute after the latest`() async throws {
        trouble.found(StoreError(.readOnly, "no right to INSERT"), by: .submissions)
        time.pass(StoreTrouble.memory - .seconds(1))
        trouble.found(StoreError(.readOnly, "no right to INSERT"), by: .submissions)
        time.pass(StoreTrouble.memory - .seconds(1))
        #expect(reasons == ["no right to INSERT"])
        time.pass(.seconds(1))
        #expect(reasons.isEmpty && trouble.error == nil)
    }

    @Test func `a look that has seen the cause too, or a server that answers again, ends that of the submissions`() async throws {
        let missing = StoreError(.missing, "the file was removed")
        trouble.found(missing, by: .submissions)
        store.failure.withLock { $0 = missing }
        let failures = try #require(await watch.look(after: .init()))
        store.failure.withLock { $0 = nil }
        #expect(await watch.look(after: failures) == .init())
        trouble.found(StoreError(.unavailable, "the server is gone"), by: .submissions)
        #expect(await watch.look(after: .init()) == .init())
        #expect(reasons.isEmpty)
    }

    @Test func `the watch ends with a store that its own dispatcher has closed, and tells nothing`() async throws {
        store.failure.withLock { $0 = StoreError(.closed, "closed") }
        #expect(await watch.look(after: .init()) == nil)
        #expect(told.entries.isEmpty)
    }
}

extension StoreWatch {
    /// Looks once, and tells what there is to tell; nil for a store that is closed.
    fileprivate func look(after failures: Failures) async -> Failures? {
        guard await look() else { return nil }
        return await report(after: failures)
    }
}
