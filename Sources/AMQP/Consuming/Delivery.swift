/// A message that the broker handed to a consumer.
public struct Delivery: Sendable {
    public let tag: DeliveryTag
    /// The queue it comes from.
    public let queue: String
    public let exchange: String
    public let routingKey: String
    /// It was handed to a consumer before, which let go of it without an acknowledgement.
    public let isRedelivered: Bool
    public let message: Message

    package init(
        tag: DeliveryTag, queue: String, exchange: String, routingKey: String, isRedelivered: Bool, message: Message
    ) {
        self.tag = tag
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.isRedelivered = isRedelivered
        self.message = message
    }
}

/// The number of a delivery on its consumer's channel, and which life of the channel gave it: after a reconnect the
/// broker has taken the delivery back, and an old tag acknowledges nothing.
public struct DeliveryTag: Hashable, Sendable {
    let epoch: Int
    let value: UInt64

    /// Whether both are of one life of the channel; else the broker delivers again what the earlier one has not acknowledged.
    package func isOfSameLife(as other: DeliveryTag) -> Bool { epoch == other.epoch }
}
