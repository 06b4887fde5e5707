import AMQP
import TaskGridCore

/// What `/queues` answers: each queue under its name.
struct QueuesReport: Encodable, Sendable {
    struct Entry: Encodable, Sendable {
        /// False where the broker knows no such queue: nobody has declared it yet. Then the numbers are null.
        var exists: Bool
        /// Messages ready for delivery; those that a consumer holds unacknowledged do not count.
        @Nullable var messages: Int?
        @Nullable var consumers: Int?

        init(_ depth: QueueDepth?) {
            exists = depth != nil
            messages = depth?.messages
            consumers = depth?.consumers
        }
    }

    var queues: [String: Entry]
    /// Whether there are more queues of types than are looked at.
    var isCut: Bool
    /// The monitor's connections to the broker.
    var broker = BrokerReport.unknown

    enum CodingKeys: String, CodingKey {
        case queues, broker
        case isCut = "cut"
    }
}
