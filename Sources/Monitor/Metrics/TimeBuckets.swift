import TaskGridCore

/// Times since the monitor began, counted in the buckets of a Prometheus histogram.
struct TimeBuckets: Hashable, Sendable {
    /// The upper bound of each bucket but the last, in seconds.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
    private static let limits = bounds.map { UInt64($0 * 1_000_000) }

    /// One more for what lies beyond the bounds.
    private var counts = [UInt64](repeating: 0, count: limits.count + 1)
    /// The sum of the times.
    private(set) var seconds = 0.0

    var count: UInt64 { counts.saturatingSum }
    /// For each bound, how many times are not longer.
    var cumulative: [UInt64] {
        var sum: UInt64 = 0
        return counts.dropLast().map { count in
            sum = sum.saturatingAdding(count)
            return sum
        }
    }

    mutating func add(_ microseconds: UInt64, count: UInt64) {
        let bucket = Self.limits.firstIndex { microseconds <= $0 } ?? Self.limits.count
        counts[bucket] = counts[bucket].saturatingAdding(count)
        seconds += Double(microseconds) / 1_000_000 * Double(count)
    }
}
