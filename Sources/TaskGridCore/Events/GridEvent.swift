/// Something that concerns the whole grid, such as a service's start or an error that a person should see, as JSON.
public struct GridEvent: Hashable, Sendable, Codable {
    /// The second word of the routing key, after `grid`.
    public enum Kind: String, Sendable, Codable {
        case started, stopped
        /// Something that somebody asked for, such as a pause.
        case notice
        /// Something that mends itself, such as a circuit breaker that opens or deliveries that were lost.
        case warning
        case error
    }

    /// Something that lasts: an `error` event names it again every 30 seconds at least, and a `warning` event once it is over.
    public enum Problem: String, Hashable, Sendable, Codable {
        /// The dispatcher's store takes no changes: nothing is accepted.
        case storeUnavailable = "store_unavailable"
    }

    public var kind: Kind
    public var service: String
    public var at: Timestamp
    public var message: String
    /// The problem that lasts or is over; nil for an event of a moment.
    public var problem: Problem?

    public init(kind: Kind, service: String, at: Timestamp, message: String, problem: Problem? = nil) {
        self.problem = problem
        self.kind = kind
        self.service = service
        self.at = at
        self.message = message
    }
}
