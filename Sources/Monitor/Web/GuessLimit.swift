import Synchronization
import WebSupport

/// Limits the wrong tokens of an address.
///
/// An address has ten attempts at once and one more every six seconds. Beyond them a token that it has not shown rightly before is refused
/// without being looked at: also the right one, so that guesses learn nothing. A token that was right from this address within the last
/// hour is taken all the same, so that nobody can lock out a user by guessing.
///
/// Bounded: the addresses that were heard last, and some tokens of each.
final class GuessLimit: Sendable {
    /// Attempts at once.
    static let attempts = 10
    /// One more attempt each.
    static let interval = Duration.seconds(6)
    static let maximumAddresses = 1000
    static let maximumKnown = 16
    static let knownFor = Duration.seconds(3600)

    typealias Instant = ContinuousClock.Instant

    /// Since the monitor began.
    struct Counts: Hashable {
        /// Wrong tokens that were looked at.
        var wrong = 0
        /// Tokens that were refused without being looked at.
        var refused = 0
    }

    private struct Record {
        var left = Double(attempts)
        var at: Instant
        /// Whether it has had no attempts left since it had all of them.
        var isSpent = false
        /// When each token was right last.
        var known: [AccessToken.Digest: Instant] = [:]

        mutating func advance(to now: Instant) {
            left = min(Double(attempts), left + (now - at) / interval)
            at = now
            if left >= Double(attempts) { isSpent = false }
        }

        func knows(_ digest: AccessToken.Digest, at now: Instant) -> Bool { known[digest].map { now - $0 < knownFor } ?? false }
    }

    private struct State {
        var records: [ClientAddress: Record] = [:]
        var counts = Counts()
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Instant

    init(now: @escaping @Sendable () -> Instant = { .now }) {
        self.now = now
    }

    var counts: Counts { state.withLock { $0.counts } }

    /// Takes an attempt, which ``noteRight(_:from:)`` gives back.
    ///
    /// - Returns: when to try again, where no attempt is left; else nil.
    func wait(of digest: AccessToken.Digest, from origin: ClientAddress) -> Duration? {
        change(origin) { record, counts, now in
            if record.knows(digest, at: now) { return nil }
            guard record.left >= 1 else {
                counts.refused += 1
                return Self.interval * (1 - record.left)
            }
            record.left -= 1
            return nil
        }
    }

    func noteRight(_ digest: AccessToken.Digest, from origin: ClientAddress) {
        change(origin) { record, _, now in
            if !record.knows(digest, at: now) { record.left = min(Double(Self.attempts), record.left + 1) }
            record.known[digest] = now
            guard record.known.count > Self.maximumKnown, let oldest = record.known.min(by: { $0.value < $1.value }) else { return }
            record.known[oldest.key] = nil
        }
    }

    /// - Returns: whether the address has no attempts left now and had all of them before: a series of wrong tokens that was not told yet.
    func noteWrong(_ digest: AccessToken.Digest, from origin: ClientAddress) -> Bool {
        change(origin) { record, counts, _ in
            counts.wrong += 1
            record.known[digest] = nil
            guard record.left < 1, !record.isSpent else { return false }
            record.isSpent = true
            return true
        }
    }

    private func change<Value: Sendable>(
        _ origin: ClientAddress, _ body: (inout Record, inout Counts, _ now: Instant) -> Value
    ) -> Value {
        let now = now()
        return state.withLock { state in
            var record = state.records[origin] ?? Record(at: now)
            if state.records[origin] == nil, state.records.count >= Self.maximumAddresses,
                let oldest = state.records.min(by: { $0.value.at < $1.value.at })
            {
                state.records[oldest.key] = nil
            }
            record.advance(to: now)
            defer { state.records[origin] = record }
            return body(&record, &state.counts, now)
        }
    }
}
