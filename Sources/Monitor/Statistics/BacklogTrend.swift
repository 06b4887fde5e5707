import TaskGridCore

/// Whether the tasks of a type that wait grow in number. Bounded: a sample each half minute, of five minutes.
///
/// A burst that is worked off is no growth: it grows once, and then falls.
struct BacklogTrend {
    static let window = Duration.seconds(300)
    private static let interval = Duration.seconds(30)
    private static let count = 11
    /// In how many of the ten steps it must have grown.
    private static let leastSteps = 8

    private var samples: [(at: Timestamp, waiting: Int)] = []

    /// How many wait, as far as known.
    var waiting: Int { samples.last?.waiting ?? 0 }

    mutating func record(_ waiting: Int, at now: Timestamp) {
        if let last = samples.last, now < last.at { samples = [] }
        if samples.count > 1, now - samples[samples.count - 2].at < Self.interval { samples.removeLast() }
        samples.append((now, waiting))
        if samples.count > Self.count { samples.removeFirst(samples.count - Self.count) }
    }

    /// Whether it has grown for five minutes, by a tenth at least.
    var grows: Bool {
        guard samples.count == Self.count, let first = samples.first, let last = samples.last, last.at - first.at >= Self.window * 0.9
        else { return false }
        let steps = zip(samples, samples.dropFirst()).count { $0.waiting < $1.waiting }
        return steps >= Self.leastSteps && last.waiting > first.waiting.saturatingAdding(first.waiting / 10)
    }
}
