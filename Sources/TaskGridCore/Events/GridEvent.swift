/// Something that concerns the whole grid, such as a service's start or an error that a person should see, as JSON.
package struct GridEvent: Hashable, Sendable, Codable {
    /// The second word of the routing key, after `grid`.
    package enum Kind: String, Sendable, Codable {
        case started, stopped
        /// Something that somebody asked for, such as a pause.
        case notice
        /// Something that mends itself, such as a circuit breaker that opens or deliveries that were lost.
        case warning
        case error
    }

    /// Something that lasts: an `error` event names it again every 30 seconds at least, and a `warning` event once it is over.
    package enum Problem: String, Hashable, Sendable, Codable {
        /// The dispatcher's store takes no changes: nothing is accepted.
        case storeUnavailable = "store_unavailable"
    }

    package var kind: Kind
    package var service: String
    package var at: Timestamp
    package var message: String
    /// The problem that lasts or is over; nil for an event of a moment.
    package var problem: Problem?

    package init(kind: Kind, service: String, at: Timestamp, message: String, problem: Problem? = nil) {
        self.problem = problem
        self.kind = kind
        self.service = service
        self.at = at
        self.message = message
    }
}
