import Histogram

/// The measurement of one run of the benchmark.
struct Measurement {
    var tasks = 0
    /// Tasks that failed, and results that were not what they should be.
    var wrong = 0
    var seconds = 0.0
    /// How long each took, in microseconds; empty where that says nothing.
    var times = Histogram<UInt64>(highestTrackableValue: 3_600_000_000)
    /// The resources that each process used meanwhile.
    var usage: [ProcessUsage] = []

    var tasksPerSecond: Double { seconds > 0 ? Double(tasks) / seconds : 0 }

    /// Milliseconds, nil where no times were taken.
    func percentile(_ percentile: Double) -> Double? {
        times.totalCount == 0 ? nil : Double(times.valueAtPercentile(percentile)) / 1000
    }

    mutating func record(_ time: Duration) {
        times.record(UInt64(max(1, time.components.seconds * 1_000_000 + time.components.attoseconds / 1_000_000_000_000)))
    }
}
