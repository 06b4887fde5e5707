import Synchronization
import TaskStore
import TaskStoreConformance
import TaskStoreSQLite

/// A store with a lease that the test gives to the dispatcher, or to another one.
final class LeasedStore: ForwardingTaskStore {
    private final class Lease: StoreLease {
        /// Who has it beside the dispatcher; nil: the dispatcher may.
        let other: Mutex<String?>

        init(_ other: String) { self.other = Mutex(other) }

        private var answer: LeaseAnswer {
            other.withLock { other in
                guard let other else { return .granted(former: nil) }
                return .refused(holder: LeaseHolder(name: other, silence: .zero))
            }
        }

        func take(for holder: String, hint: Bool) async throws(StoreError) -> LeaseAnswer { answer }
        func renew(for holder: String) async throws(StoreError) -> LeaseAnswer { answer }
        func release(by holder: String) async throws(StoreError) {}
    }

    let store: any TaskStore
    private let own: Lease

    var lease: (any StoreLease)? { own }

    init(leasedTo other: String) async throws {
        store = try await SQLiteTaskStore.inMemory()
        own = Lease(other)
    }

    /// Leases it to another one; nil: to the dispatcher.
    func lease(to other: String?) { own.other.withLock { $0 = other } }
}
