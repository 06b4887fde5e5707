import Synchronization
import TaskGridCore
import TaskStore
import TaskStoreSQLite

/// A store on a disk that hangs when the test says so: every commit waits until the disk goes on.
final class HangingStore: TaskStore {
    private struct State {
        var hangs = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watcher: CheckedContinuation<Void, Never>?
    }

    private let store: SQLiteTaskStore
    private let state = Mutex(State())

    init() async throws { store = try await .inMemory() }

    func hang() { state.withLock { $0.hangs = true } }

    func goOn() {
        let waiting = state.withLock { state in
            state.hangs = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for commit in waiting { commit.resume() }
    }

    /// Returns once a commit hangs.
    func hung() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard state.waiting.isEmpty else { return true }
                state.watcher = continuation
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func commit(_ changes: StoreChanges, mayBlock: Bool) async throws(StoreError) -> StoreReceipt {
        await withCheckedContinuation { continuation in
            let (watcher, hangs) = state.withLock { state in
                guard state.hangs else { return (CheckedContinuation<Void, Never>?.none, false) }
                state.waiting.append(continuation)
                defer { state.watcher = nil }
                return (state.watcher, true)
            }
            watcher?.resume()
            if !hangs { continuation.resume() }
        }
        return try await store.commit(changes)
    }

    var identity: String { store.identity }
    func beginTerm() async throws(StoreError) -> Term { try await store.beginTerm() }
    func types() async throws(StoreError) -> [TaskType] { try await store.types() }
    func counts(of types: Set<TaskType>?) async throws(StoreError) -> [TaskType: TaskCounts] { try await store.counts(of: types) }
    func countsOfForgotten() async throws(StoreError) -> TaskCounts { try await store.countsOfForgotten() }
    func handedOut(after: HandedOutPosition?, limit: Int) async throws(StoreError) -> HandedOutPage {
        try await store.handedOut(after: after, limit: limit)
    }
    func nextDue(of types: Set<TaskType>?) async throws(StoreError) -> [TaskType: Timestamp] { try await store.nextDue(of: types) }
    func expired(at time: Timestamp, limit: Int) async throws(StoreError) -> [OpenTask] {
        try await store.expired(at: time, limit: limit)
    }
    func task(_ id: TaskID, content: ContentLimit) async throws(StoreError) -> TaskRecord? { try await store.task(id, content: content) }
    func tasks(_ ids: [TaskID], content: ContentLimit) async throws(StoreError) -> TaskPage<TaskRecord> {
        try await store.tasks(ids, content: content)
    }
    func tasks(
        _ filter: TaskFilter, before: TaskID?, limit: Int, content: ContentLimit
    ) async throws(StoreError) -> TaskPage<TaskRecord> {
        try await store.tasks(filter, before: before, limit: limit, content: content)
    }
    func content(
        _ part: ContentQuery.Part, of id: TaskID, from: Int, limit: Int
    ) async throws(StoreError) -> ContentQuery.Answer? {
        try await store.content(part, of: id, from: from, limit: limit)
    }
    func paused() async throws(StoreError) -> Set<TaskType> { try await store.paused() }
    func ids(_ filter: TaskFilter, before: TaskID?, limit: Int) async throws(StoreError) -> TaskPage<TaskID> {
        try await store.ids(filter, before: before, limit: limit)
    }
    func states(_ ids: [TaskID]) async throws(StoreError) -> [StoredState] { try await store.states(ids) }
    func open(_ ids: [TaskID]) async throws(StoreError) -> [OpenTask] { try await store.open(ids) }
    func prune(_ retention: Retention, limit: Int) async throws(StoreError) -> Pruned { try await store.prune(retention, limit: limit) }
    func clock() async throws(StoreError) -> StoreClockReading? { try await store.clock() }
    func align(_ wallOffset: Duration, after: TaskID?, limit: Int) async throws(StoreError) -> TaskID? {
        try await store.align(wallOffset, after: after, limit: limit)
    }
    func alignedOffset() async throws(StoreError) -> Duration { try await store.alignedOffset() }
    func close() async { await store.close() }
}
