/// When the counters in memory are next compared with the store's. Seldom, because counting a million waiting tasks takes a while: a
/// two-hundredth of the time at most.
struct ConsistencyCheck {
    static let interval = Duration.seconds(10)

    var next = ContinuousClock.now + Self.interval

    /// One that began at `start` is done.
    mutating func done(since start: ContinuousClock.Instant, at now: ContinuousClock.Instant = .now) {
        next = now + max(Self.interval, start.duration(to: now) * 200)
    }
}
