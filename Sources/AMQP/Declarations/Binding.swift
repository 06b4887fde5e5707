/// A binding of a queue to an exchange.
public struct Binding: Hashable, Sendable {
    public var exchange: String
    public var queue: String
    /// A routing key, or for a topic exchange a pattern.
    public var key: String

    public init(exchange: String, queue: String, key: String) {
        self.exchange = exchange
        self.queue = queue
        self.key = key
    }
}
