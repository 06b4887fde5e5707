/// The number of a queue's messages and consumers.
public struct QueueDepth: Hashable, Sendable {
    /// Messages ready for delivery; those that wait for their acknowledgement do not count.
    public let messages: Int
    public let consumers: Int

    package init(messages: Int, consumers: Int) {
        self.messages = messages
        self.consumers = consumers
    }
}
