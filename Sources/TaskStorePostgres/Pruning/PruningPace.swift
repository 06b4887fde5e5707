/// How many rows may be forgotten one by one: so many a second, with what a while without any has saved up.
///
/// Deleting rows costs as much as adding them. A store that gets more tasks than this drops whole blocks, and one that got them has
/// forgotten the rest after a while.
struct PruningPace {
    typealias Instant = ContinuousClock.Instant

    static let perSecond = 2_000.0
    static let most = 60_000.0

    private var saved = PruningPace.most
    private var latest: Instant

    init(at now: Instant) { latest = now }

    /// How many rows may go now.
    mutating func allowance(at now: Instant) -> Int {
        let passed = max(.zero, latest.duration(to: now))
        latest = max(latest, now)
        saved = min(Self.most, saved + Self.perSecond * (Double(passed.components.seconds) + Double(passed.components.attoseconds) * 1e-18))
        return max(0, Int(saved))
    }

    /// So many rows went.
    mutating func spend(_ count: Int) { saved -= Double(count) }
}
