import Histogram
import TaskGridCore

/// Times of one kind: all that were measured since the monitor began, and those of the last five minutes.
///
/// Bounded: a histogram has at most some five thousand buckets, and the window is 30 slots of ten seconds, each of which
/// keeps only the buckets that occur in it. The window so covers the last 290 to 300 seconds.
struct Latencies {
    static let slotLength = Duration.seconds(10)
    static let slotCount = 30
    /// Longer times count as this long: about two years.
    static let ceiling: UInt64 = 1 << 46

    private struct Slot {
        /// Which ten seconds since 1970.
        var number: Int64
        var counts: [UInt64: UInt64] = [:]
        var sum = 0.0
    }

    /// Decides which values are one bucket; records nothing.
    private static let resolution = Histogram<UInt64>(highestTrackableValue: ceiling, numberOfSignificantValueDigits: .two)

    private var slots: [Slot] = []
    private var whole = Histogram<UInt64>(numberOfSignificantValueDigits: .two)
    private var sum = 0.0
    /// All of them again, for Prometheus.
    private(set) var buckets = TimeBuckets()

    mutating func record(_ latencies: [LatencyCount], at now: Timestamp) {
        guard !latencies.isEmpty else { return }
        // A clock that was set back goes on in the latest slot.
        let number = max(Self.slotNumber(now), slots.last?.number ?? .min)
        if slots.last?.number != number { slots.append(Slot(number: number)) }
        slots.removeAll { $0.number <= number - Int64(Self.slotCount) }
        for latency in latencies where latency.count > 0 {
            let value = min(latency.microseconds, Self.ceiling)
            let total = Double(value) * Double(latency.count)
            slots[slots.count - 1].counts[Self.resolution.highestEquivalentForValue(value), default: 0] += latency.count
            slots[slots.count - 1].sum += total
            whole.record(value, count: latency.count)
            sum += total
            buckets.add(value, count: latency.count)
        }
    }

    /// The times of the last five minutes; nil where there are none.
    func recent(at now: Timestamp) -> LatencySummary? {
        let oldest = Self.slotNumber(now) - Int64(Self.slotCount)
        var histogram = Histogram<UInt64>(numberOfSignificantValueDigits: .two)
        var sum = 0.0
        for slot in slots where slot.number > oldest {
            for (value, count) in slot.counts { histogram.record(value, count: count) }
            sum += slot.sum
        }
        return LatencySummary(histogram, sum: sum)
    }

    /// All times since the monitor began; nil where there are none.
    var sinceStart: LatencySummary? { LatencySummary(whole, sum: sum) }

    /// The times that came within these slots.
    func counts(in numbers: ClosedRange<Int64>) -> TimeCounts {
        var times = TimeCounts()
        for slot in slots where numbers.contains(slot.number) {
            for (value, count) in slot.counts { times.add(value, count: count) }
        }
        return times
    }

    /// How many slots are kept.
    var keptSlots: Int { slots.count }

    static func slotNumber(_ time: Timestamp) -> Int64 { time.rawValue / slotLength.milliseconds }
}
