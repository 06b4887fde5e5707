/// Counts negative acknowledgements in a row by exchange and routing key, and says when a new channel may help: RabbitMQ 3.10
/// nacks all that a channel publishes to a quorum queue if its first publish fell into an election of the queue's leader. A channel
/// that takes other messages of the destination is well: the queue is full. Pure.
struct NackCounter {
    struct Destination: Hashable {
        let exchange: String
        let routingKey: String
    }

    private struct Count {
        var nacks = 0
        /// When one was last taken on this channel.
        var confirmed: ContinuousClock.Instant?
        var nacked: ContinuousClock.Instant
    }

    /// As many in a row call for a new channel.
    static let limit = 2
    /// Between two new channels, since what is unconfirmed is sent twice. It does not grow: a channel that was opened while a node was
    /// away is stuck when that node is back.
    static let interval = Duration.seconds(3)
    /// How long what is known of a destination counts.
    static let memory = Duration.seconds(60)
    /// Destinations that are counted at a time.
    static let maximumDestinations = 1000

    private var counts: [Destination: Count] = [:]
    private var next: ContinuousClock.Instant?

    var isEmpty: Bool { counts.isEmpty }

    /// Counts a nack.
    ///
    /// - Returns: whether the channel is to be replaced.
    mutating func nacked(_ destination: Destination, at now: ContinuousClock.Instant) -> Bool {
        if counts[destination] == nil, counts.count >= Self.maximumDestinations { counts = [:] }
        var count = counts[destination] ?? Count(nacked: now)
        defer { counts[destination] = count }
        count.nacks += 1
        count.nacked = now
        func isOver(_ pause: ContinuousClock.Instant?) -> Bool { pause.map { $0 <= now } ?? true }
        guard count.nacks >= Self.limit, isOver(next), isOver(count.confirmed.map { $0 + Self.memory }) else { return false }
        next = now + Self.interval
        count.nacks = 0
        return true
    }

    /// The broker has taken a message of the destination.
    mutating func confirmed(_ destination: Destination, at now: ContinuousClock.Instant) {
        guard let index = counts.index(forKey: destination) else { return }
        if counts.values[index].nacked + Self.memory <= now {
            counts.remove(at: index)
        } else {
            counts.values[index].nacks = 0
            counts.values[index].confirmed = now
        }
    }

    /// From now on another channel publishes.
    mutating func channelOpened() {
        for index in counts.values.indices { counts.values[index].confirmed = nil }
    }
}

extension Publication {
    var destination: NackCounter.Destination { NackCounter.Destination(exchange: exchange, routingKey: routingKey) }
}
