import Histogram

/// What a set of measured times says. The percentiles are within one percent, being read from a histogram of two
/// significant digits; the average is as exact as the buckets in which the times came.
struct LatencySummary: Hashable {
    var count: UInt64
    var average: Double
    var p50: UInt64
    var p95: UInt64
    var p99: UInt64
    var maximum: UInt64

    /// nil where nothing was measured. All but `count` in microseconds.
    init?(_ histogram: Histogram<UInt64>, sum: Double) {
        guard histogram.totalCount > 0 else { return nil }
        count = histogram.totalCount
        average = sum / Double(count)
        p50 = histogram.valueAtPercentile(50)
        p95 = histogram.valueAtPercentile(95)
        p99 = histogram.valueAtPercentile(99)
        maximum = histogram.maxRecorded
    }
}
