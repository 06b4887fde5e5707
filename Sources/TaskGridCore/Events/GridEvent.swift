/// Something that concerns the whole grid, such as a service's start or an error that a person should see, as JSON.
public struct GridEvent: Hashable, Sendable, Codable {
    /// The second word of the routing key, after `grid`.
    public enum Kind: String, Sendable, Codable {
        case started, stopped
        /// Something that mends itself, such as a circuit breaker that opens or deliveries that were lost.
        case warning
        case error
    }

    public var kind: Kind
    public var service: String
    public var at: Timestamp
    public var message: String

    public init(kind: Kind, service: String, at: Timestamp, message: String) {
        self.kind = kind
        self.service = service
        self.at = at
        self.message = message
    }
}
