import Synchronization
package import TaskStore

/// A store of a test, one of whose commits throws `unknown`.
package final class UncertainStore: ForwardingTaskStore {
    /// Whether that commit is made nevertheless.
    package enum Outcome: CaseIterable, Sendable {
        case committed, lost
    }

    private struct Failure {
        let outcome: Outcome
        let isMeant: @Sendable (StoreChanges) -> Bool
    }

    package let store: any TaskStore
    private let failure = Mutex<Failure?>(nil)

    package init(_ store: any TaskStore) { self.store = store }

    /// Of the next commit that is meant nobody is told whether it was made.
    package func failNextCommit(_ outcome: Outcome, where isMeant: @escaping @Sendable (StoreChanges) -> Bool = { _ in true }) {
        failure.withLock { $0 = Failure(outcome: outcome, isMeant: isMeant) }
    }

    /// It has failed.
    package var hasFailed: Bool { failure.withLock { $0 == nil } }

    package func commit(_ changes: StoreChanges, mayBlock: Bool) async throws(StoreError) -> StoreReceipt {
        let outcome = failure.withLock { failure -> Outcome? in
            guard let next = failure, next.isMeant(changes) else { return nil }
            failure = nil
            return next.outcome
        }
        guard let outcome else { return try await store.commit(changes, mayBlock: mayBlock) }
        if outcome == .committed { _ = try await store.commit(changes, mayBlock: mayBlock) }
        throw StoreError(.unknown, "the disk did not say")
    }
}
