/// Counts negative acknowledgements in a row by exchange and routing key, and says when a new channel may help: RabbitMQ 3.10
/// nacks all that a channel publishes to a quorum queue if its first publish fell into an election of the queue's leader. Pure.
struct NackCounter {
    struct Route: Hashable {
        let exchange: String
        let routingKey: String
    }

    private struct Count {
        var nacks = 0
        /// New channels that did not help.
        var attempts = 0
        var next: ContinuousClock.Instant?
    }

    /// As many in a row call for a new channel.
    static let limit = 2
    /// Between two new channels; for one route it doubles up to the longest, since what is unconfirmed is sent twice.
    static let interval = Duration.seconds(5)
    static let longestInterval = Duration.seconds(60)
    /// Routes that are counted at a time.
    static let maximumRoutes = 1000

    private var counts: [Route: Count] = [:]
    private var next: ContinuousClock.Instant?

    var isEmpty: Bool { counts.isEmpty }

    /// Counts a nack.
    ///
    /// - Returns: whether the channel is to be replaced.
    mutating func nacked(_ route: Route, at now: ContinuousClock.Instant) -> Bool {
        if counts[route] == nil, counts.count >= Self.maximumRoutes { counts = [:] }
        var count = counts[route] ?? Count()
        defer { counts[route] = count }
        count.nacks += 1
        guard count.nacks >= Self.limit, next.map({ $0 <= now }) ?? true, count.next.map({ $0 <= now }) ?? true else { return false }
        next = now + Self.interval
        count.next = now + min(Self.longestInterval, Self.interval * (1 << min(count.attempts, 10)))
        count.attempts += 1
        count.nacks = 0
        return true
    }

    /// The broker takes messages of the route.
    mutating func confirmed(_ route: Route) {
        counts[route] = nil
    }
}

extension Publication {
    var route: NackCounter.Route { NackCounter.Route(exchange: exchange, routingKey: routingKey) }
}
