import Synchronization
import TaskStore
import TaskStoreConformance
import TaskStoreSQLite

/// A store of whose next commit nobody is told whether it was made.
final class UncertainStore: ForwardingTaskStore {
    /// Whether the commit is made nevertheless.
    enum Outcome {
        case committed, lost
    }

    let store: any TaskStore
    private let next = Mutex<Outcome?>(nil)

    init() async throws { store = try await SQLiteTaskStore.inMemory() }

    func failNextCommit(_ outcome: Outcome) { next.withLock { $0 = outcome } }

    func commit(_ changes: StoreChanges, mayBlock: Bool) async throws(StoreError) -> StoreReceipt {
        guard let outcome = next.withLock({ $0.take() }) else { return try await store.commit(changes, mayBlock: mayBlock) }
        if outcome == .committed { _ = try await store.commit(changes, mayBlock: mayBlock) }
        throw StoreError(.unknown, "the disk did not say")
    }
}
