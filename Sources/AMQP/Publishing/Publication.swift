/// A message on its way to an exchange.
public struct Publication: Sendable {
    public var exchange: String
    public var routingKey: String
    public var message: Message
    /// Comes back as `returned` where no queue is bound for its key (AMQP 0-9-1, `basic.publish`, `mandatory`). Such a
    /// message needs a `messageID` that no other unconfirmed one on its connection has.
    public var isMandatory: Bool

    public init(exchange: String, routingKey: String, message: Message, isMandatory: Bool = false) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.message = message
        self.isMandatory = isMandatory
    }
}

/// The broker's answer to one publication.
public enum PublishOutcome: Hashable, Sendable {
    /// Taken: in its queues, or in none where it was not mandatory.
    case confirmed
    /// No queue is bound for its key.
    case returned(code: Int, text: String)
    /// Not taken now: a queue is full, or failed. It may be taken later.
    case nacked
    /// Not taken, and not sent again: the broker has closed the channel for this message, or is known to do so.
    case refused(Refusal)
}

extension Publication {
    /// Whether AMQP can carry the message; ``Connection/publish(_:within:)`` refuses it otherwise, with all its batch.
    ///
    /// - Throws: `badMessage`, which says what is too long.
    public func check() throws(AMQPError) {
        try check(maximumFrameSize: Int(Handle.maximumFrameSize))
    }
}
