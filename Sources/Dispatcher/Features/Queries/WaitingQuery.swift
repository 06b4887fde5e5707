import AMQP
import TaskGridCore

/// A query that waits for its answer.
struct WaitingQuery: Sendable {
    let message: Message
    /// Whom to answer.
    let replyTo: String
    /// The user that asks, as the broker has verified it.
    let user: String
    /// When its caller gives up.
    let deadline: ContinuousClock.Instant

    init(_ message: Message, replyTo: String, at now: ContinuousClock.Instant) {
        self.message = message
        self.replyTo = replyTo
        user = message.properties.userID ?? ""
        deadline = now + QueryLimits.patience(of: message)
    }
}
