import Logging
import ServiceSupport
import Synchronization
import TaskGridCore
import TaskStore

/// What people are told of it: by the log and by the health endpoint.
extension Leadership {
    /// For so long it is no trouble for the health endpoint that the store does not answer.
    private static let grace = Duration.seconds(5)

    private static let withoutLock =
        "another connection holds the lock of this grid: a machine that is silent, or a dispatcher with another store; if it stays so, "
        + "give each grid a prefix of its own"

    private static func elsewhere(_ holder: LeaseHolder) -> String {
        "dispatcher \(holder.name) has the lease of the store, and is not connected to this broker: if it belongs to another grid, give each "
            + "grid a store or a prefix of its own (dispatcher.store, prefix); if it has lost this broker, this one takes over when its "
            + "lease ends"
    }

    func tell(_ answer: LeaseAnswer, after before: LeadershipState) {
        vitals.problem("lease", nil)
        if before.failingSince != nil { logger.notice("lease of the store can be asked for again") }
        guard before.phase == .standby, case .refused(let other?) = answer, other.name != before.other?.name else { return }
        logger.notice("another dispatcher has the lease of the store, standing by", metadata: [LogKey.leaseHolder: "\(other.name)"])
    }

    func tell(_ error: StoreError, after before: LeadershipState) {
        guard let since = before.failingSince else {
            logger.warning("lease of the store cannot be asked for, trying again", metadata: [LogKey.error: "\(error)"])
            return
        }
        if since + Self.grace <= .now { vitals.problem("lease", error.message) }
    }

    func tellLock() {
        let state = state.withLock { $0 }
        let before = told.withLock { told in
            defer { told = state }
            return told
        }
        vitals.problem("lock", state.lacksLock ? Self.withoutLock : nil)
        vitals.problem("holder", state.stranger.map(Self.elsewhere))
        if let stranger = state.stranger, before.stranger == nil {
            logger.warning(
                "dispatcher with the lease of the store is not connected to this broker, standing by: give each grid a store or a prefix",
                metadata: [LogKey.leaseHolder: "\(stranger.name)"])
        }
        if state.lacksLock, !before.lacksLock {
            logger.warning("another connection holds the lock of this grid, going on without it")
        } else if before.lacksLock, state.phase == .leading, state.hasLock {
            logger.notice("dispatcher has the lock of this grid again")
        } else if before.phase == .standby, case .acquiring = state.phase {
            logger.notice("dispatcher has the lease of the store, waiting for the lock of this grid")
        }
    }

    func tellTakeover(after waited: Duration) {
        guard let former = state.withLock({ $0.other }) else {
            logger.info("dispatcher is the active one", metadata: [LogKey.leaseHolder: "\(holder)"])
            return
        }
        logger.notice(
            "dispatcher takes over",
            metadata: [
                LogKey.leaseHolder: "\(holder)", LogKey.leaseFormer: "\(former.name)",
                LogKey.leaseWait: "\(Self.rounded(waited)) of standing by", LogKey.leaseSilence: "\(Self.rounded(former.silence))",
            ])
    }

    /// Seconds with one digit.
    static func rounded(_ time: Duration) -> String { "\((time.seconds * 10).rounded() / 10) s" }
}
