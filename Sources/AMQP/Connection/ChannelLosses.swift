/// When the broker closed channels for a reason that no publication explains. Pure.
struct ChannelLosses {
    /// More than this within the window, and all of the connection is established anew, with backoff.
    static let tolerated = 5
    static let window = Duration.seconds(60)

    private var latest: [ContinuousClock.Instant] = []

    /// Counts a channel that was closed.
    ///
    /// - Returns: whether the connection goes on.
    mutating func add(at now: ContinuousClock.Instant) -> Bool {
        latest.removeAll { $0 + Self.window <= now }
        latest.append(now)
        return latest.count <= Self.tolerated
    }
}
