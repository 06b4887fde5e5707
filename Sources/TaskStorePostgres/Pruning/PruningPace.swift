import TaskGridCore

/// How many rows may be forgotten one by one: so many a second, with what a while without any has saved up.
///
/// Deleting rows costs as much as adding them. A store that gets more tasks than this drops whole blocks, and one that got them has
/// forgotten the rest after a while. Keys are not in blocks: each one that comes lets one more go, so that a store forgets them as fast
/// as it gets them.
struct PruningPace {
    typealias Instant = ContinuousClock.Instant

    static let perSecond = 2_000.0
    /// What time saves up at most.
    static let most = 60_000.0
    /// What rows that come add to at most.
    static let mostEarned = 1_000_000.0

    private(set) var saved = PruningPace.most
    private var latest: Instant

    init(at now: Instant) { latest = now }

    /// How many rows may go now.
    mutating func allowance(at now: Instant) -> Int {
        let passed = max(.zero, latest.duration(to: now))
        latest = max(latest, now)
        saved = max(saved, min(Self.most, saved + Self.perSecond * passed.seconds))
        return max(0, Int(saved))
    }

    /// So many rows came, and as many may go beside those that time allows.
    mutating func earn(_ count: Int) { saved = min(Self.mostEarned, saved + Double(count)) }

    /// So many rows went.
    mutating func spend(_ count: Int) { saved -= Double(count) }
}
