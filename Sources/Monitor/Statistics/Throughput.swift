import TaskGridCore

/// How many tasks ended within the last minute, from a total that is looked at now and then.
///
/// Bounded: about one sample a second. If no sample is a minute old, the samples before and after that time tell which share of the
/// tasks that ended between them belongs to the minute.
struct Throughput {
    static let window = Duration.seconds(60)

    private struct Sample {
        var at: Timestamp
        var total: Int
    }

    private var samples: [Sample] = []

    var isEmpty: Bool { samples.isEmpty }

    mutating func record(total: Int, at now: Timestamp) {
        // A total that falls is another total: of another store.
        if let last = samples.last, total < last.total || now < last.at { samples = [] }
        if samples.count > 1, now - samples[samples.count - 2].at < .seconds(1) { samples.removeLast() }
        samples.append(Sample(at: now, total: total))
        let start = Self.start(now)
        // The latest sample before the window stays, to reckon from.
        if let kept = samples.lastIndex(where: { $0.at <= start }) { samples.removeFirst(kept) }
    }

    /// How many ended within the last minute.
    func ended(at now: Timestamp) -> Double {
        guard let last = samples.last, let first = samples.first else { return 0 }
        let start = Self.start(now)
        guard last.at > start else { return 0 }
        guard let before = samples.lastIndex(where: { $0.at <= start }) else { return Double(last.total - first.total) }
        let (left, right) = (samples[before], samples[before + 1])
        let share = (right.at - start).seconds / (right.at - left.at).seconds
        return Double(last.total - right.total) + Double(right.total - left.total) * share
    }

    /// How many samples are kept.
    var keptSamples: Int { samples.count }

    private static func start(_ now: Timestamp) -> Timestamp { now + (.zero - window) }
}
