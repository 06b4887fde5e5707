import Polling
import Synchronization

/// Standing by: a connection that is to be made only while its owner says so.
extension Connection {
    /// When it asks again by itself.
    private static let admissionInterval = Duration.seconds(1)

    /// Has the connection ask before each attempt to connect whether it may be made now. As long as it may not, it stands by (`locked`).
    /// One that is connected goes on.
    ///
    /// - Parameter refusal: why not, for people; nil: it may. It is called on the connection's thread, until the connection is closed.
    package nonisolated func admit(unless refusal: @escaping @Sendable () -> String?) {
        shared.withLock { shared in
            if !shared.isEnded { shared.refusal = refusal }
        }
    }

    /// Asks now, where it stands by. The caller does not wait for the connection's thread, which may be busy with an attempt.
    package nonisolated func askAgain() {
        shared.withLock { $0.asksAgain = true }
        loop.wake()
    }

    /// Whether it stands by and was told to ask.
    var isToldToAsk: Bool { standsBy && shared.withLock { $0.asksAgain } }

    /// Whether an attempt may be made now; else it is put off.
    func isAdmitted() -> Bool {
        let refusal = shared.withLock { shared in
            shared.asksAgain = false
            return shared.refusal
        }
        guard let reason = refusal?() else {
            standsBy = false
            return true
        }
        standsBy = true
        attemptErrors.removeAll()
        shared.withLock { $0.enter(.locked, reason) }
        if let deadline = starting?.deadline, deadline <= .now {
            end(AMQPError(.resourceLocked, "connection '\(name)' stands by: \(reason)"))
            return false
        }
        phase = .waiting(until: .now + Self.admissionInterval)
        return false
    }
}
