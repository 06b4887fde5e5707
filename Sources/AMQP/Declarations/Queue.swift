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

    private init(name: String, isDurable: Bool, isExclusive: Bool, arguments: FieldTable) {
        self.name = name
        self.isDurable = isDurable
        self.isExclusive = isExclusive
        self.arguments = arguments
    }

    /// A durable queue that its consumers share.
    public static func shared(_ name: String, kind: Kind, arguments: FieldTable = [:]) -> Queue {
        var arguments = arguments
        if kind == .quorum { arguments["x-queue-type"] = "quorum" }
        return Queue(name: name, isDurable: true, isExclusive: false, arguments: arguments)
    }

    /// A queue of one connection's own, gone with it.
    public static func exclusive(_ name: String, arguments: FieldTable = [:]) -> Queue {
        Queue(name: name, isDurable: false, isExclusive: true, arguments: arguments)
    }
}
