import Synchronization
import TaskStore
import TaskStoreConformance
import TaskStoreSQLite

/// A store on a disk that hangs when the test says so: every commit waits until the disk goes on.
final class HangingStore: ForwardingTaskStore {
    private struct State {
        var hangs = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watcher: CheckedContinuation<Void, Never>?
    }

    let store: any TaskStore
    private let state = Mutex(State())

    init() async throws { store = try await SQLiteTaskStore.inMemory() }

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
}
