/// A queue to declare.
public struct Queue: Hashable, Sendable {
    /// How the broker keeps a queue.
    public enum Kind: String, Sendable, CaseIterable, Codable {
        /// On one node; the lowest latency.
        case classic
        /// Replicated over a cluster's nodes.
        case quorum
    }

    public var name: String
    /// Outlives a restart of the broker.
    public var isDurable: Bool
    /// Belongs to its connection and dies with it.
    public var isExclusive: Bool
    /// `x-…` arguments.
    public var arguments: FieldTable

    /// How often a quorum queue delivers a message before it drops it: always once more. RabbitMQ 4 drops a message after 20
    /// redeliveries where nothing else is said. -1 means no limit to RabbitMQ 4, and to 3.10 that the first redelivery is one too many.
    static let deliveryLimit: Int64 = 2_147_483_647

    private init(name: String, isDurable: Bool, isExclusive: Bool, arguments: FieldTable) {
        self.name = name
        self.isDurable = isDurable
        self.isExclusive = isExclusive
        self.arguments = arguments
    }

    /// A durable queue that its consumers share.
    ///
    /// A quorum queue is declared with a leader on any node (`x-queue-leader-locator`), and with a delivery limit that is never reached.
    public static func shared(_ name: String, kind: Kind, arguments: FieldTable = [:]) -> Queue {
        var arguments = arguments
        if kind == .quorum {
            arguments["x-queue-type"] = "quorum"
            arguments["x-queue-leader-locator"] = "balanced"
            arguments["x-delivery-limit"] = .int(deliveryLimit)
        }
        return Queue(name: name, isDurable: true, isExclusive: false, arguments: arguments)
    }

    /// A queue of one connection's own, gone with it.
    public static func exclusive(_ name: String, arguments: FieldTable = [:]) -> Queue {
        Queue(name: name, isDurable: false, isExclusive: true, arguments: arguments)
    }
}
