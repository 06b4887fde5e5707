import Synchronization

/// A call of ``PostgresConnection`` that waits for its turn or for its answer.
struct PostgresRequest {
    enum Kind: Hashable {
        /// Statements without a transaction of their own: the server commits them together at the sync.
        case plain
        /// From BEGIN to COMMIT.
        case whole
        /// BEGIN, and what follows it. The transaction of this number is open afterwards.
        case begin(UInt64)
        /// Within an open transaction.
        case step(UInt64)
        /// What is left of an open transaction, and its COMMIT.
        case commit(UInt64)
        /// The ROLLBACK of an open transaction.
        case rollback(UInt64)

        /// The open transaction that it belongs to.
        var transaction: UInt64? {
            switch self {
            case .plain, .whole, .begin: nil
            case .step(let number), .commit(let number), .rollback(let number): number
            }
        }
    }

    let kind: Kind
    /// Those of the caller.
    let statements: [PostgresStatement]
    /// The longest silence while the answer is awaited.
    let limit: Duration
    /// Its turn has to come until then.
    let deadline: ContinuousClock.Instant
    /// Set by another thread when the calling task is cancelled.
    let cancellation: Cancellation?
    /// nil: nobody waits for it.
    let continuation: CheckedContinuation<Result<[PostgresRows], PostgresError>, Never>?

    /// A flag that is raised once.
    final class Cancellation: Sendable {
        private let flag = Atomic(false)

        var isRaised: Bool { flag.load(ordering: .acquiring) }

        func raise() { flag.store(true, ordering: .releasing) }
    }
}
