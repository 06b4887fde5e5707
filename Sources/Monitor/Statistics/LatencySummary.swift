import TaskGridCore

/// A summary of measured times. The percentiles are within one percent, because the times come in buckets of that width; the
/// average is as exact as the buckets in which the times came.
struct LatencySummary: Hashable {
    var count: UInt64
    var average: Double
    var p50: UInt64
    var p95: UInt64
    var p99: UInt64
    var maximum: UInt64

    /// From how often each time was measured, and the sum of the times; nil if nothing was measured. Times are in microseconds.
    init?(_ counts: [UInt64: UInt64], sum: Double) {
        count = counts.values.saturatingSum
        guard count > 0 else { return nil }
        let times = counts.sorted { $0.key < $1.key }
        let total = Double(count)
        func percentile(_ percent: Double) -> UInt64 {
            let rank = max(1, UInt64(saturating: (percent / 100 * total).rounded(.up)))
            var seen: UInt64 = 0
            for (time, count) in times {
                seen = seen.saturatingAdding(count)
                if seen >= rank { return time }
            }
            return times.last?.key ?? 0
        }
        average = sum / total
        p50 = percentile(50)
        p95 = percentile(95)
        p99 = percentile(99)
        maximum = times.last?.key ?? 0
    }
}
