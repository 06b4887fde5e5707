/// When the broker was last known to take messages, and thus to bring those of the workers.
struct RollCall {
    /// Between two looks at the workers without a doubt that they could be heard meanwhile: a lease is three heartbeats, of which
    /// the last may have come one before.
    private static let longestRest = Duration.seconds(2)

    var latest = ContinuousClock.now

    /// The broker takes messages now.
    ///
    /// - Returns: whether workers may not have been heard since the latest call.
    mutating func call(at now: ContinuousClock.Instant) -> Bool {
        defer { latest = now }
        return latest + Self.longestRest < now
    }
}
