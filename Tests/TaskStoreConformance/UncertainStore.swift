import Synchronization
package import TaskStore

/// A store of a test, one of whose commits throws: `unknown`, where the test names no other error.
package final class UncertainStore: ForwardingTaskStore {
    /// Whether that commit is made nevertheless.
    package enum Outcome: CaseIterable, Sendable {
        case committed, lost
    }

    private struct Failure {
        let outcome: Outcome
        let error: StoreError
        let isMeant: @Sendable (StoreChanges) -> Bool
    }

    package let store: any TaskStore
    private let failure = Mutex<Failure?>(nil)

    package init(_ store: any TaskStore) { self.store = store }

    /// Of the next commit that is meant nobody is told whether it was made.
    package func failNextCommit(
        _ outcome: Outcome, with error: StoreError = StoreError(.unknown, "the disk did not say"),
        where isMeant: @escaping @Sendable (StoreChanges) -> Bool = { _ in true }
    ) {
        failure.withLock { $0 = Failure(outcome: outcome, error: error, isMeant: isMeant) }
    }

    /// It has failed.
    package var hasFailed: Bool { failure.withLock { $0 == nil } }

    package func commit(_ changes: StoreChanges, mayBlock: Bool) async throws(StoreError) -> StoreReceipt {
        let failing = failure.withLock { failure -> Failure? in
            guard let next = failure, next.isMeant(changes) else { return nil }
            failure = nil
            return next
        }
        guard let failing else { return try await store.commit(changes, mayBlock: mayBlock) }
        if failing.outcome == .committed { _ = try await store.commit(changes, mayBlock: mayBlock) }
        throw failing.error
    }
}
