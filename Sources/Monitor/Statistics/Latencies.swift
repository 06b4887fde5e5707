import Histogram
import TaskGridCore

/// Times of one kind: all that were measured since the monitor began, and those of the last five minutes.
///
/// Bounded: there are at most some five thousand buckets, of which only those that occur are kept, for the whole time and for each of
/// the 30 slots of ten seconds that are the window. The window so covers the last 290 to 300 seconds.
struct Latencies {
    static let slotLength = Duration.seconds(10)
    static let slotCount = 30
    /// Longer times count as this long: about two years.
    static let ceiling: UInt64 = 1 << 46

    private struct Bucketed {
        /// How often each bucket occurred, by its highest value.
        var counts: [UInt64: UInt64] = [:]
        /// Of all times.
        var sum = 0.0

        mutating func add(_ value: UInt64, count: UInt64, total: Double) {
            counts[value] = counts[value, default: 0].saturatingAdding(count)
            sum += total
        }

        var summary: LatencySummary? { LatencySummary(counts, sum: sum) }
    }

    private struct Slot {
        /// The number of the ten seconds since 1970.
        var number: Int64
        var times = Bucketed()
    }

    /// Decides which values are one bucket; records nothing.
    private static let resolution = Histogram<UInt64>(highestTrackableValue: ceiling, numberOfSignificantValueDigits: .two)

    private var slots: [Slot] = []
    private var whole = Bucketed()
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
            let bucket = Self.resolution.highestEquivalentForValue(value)
            slots[slots.count - 1].times.add(bucket, count: latency.count, total: total)
            whole.add(bucket, count: latency.count, total: total)
            buckets.add(value, count: latency.count)
        }
    }

    /// The times of the last five minutes; nil where there are none.
    func recent(at now: Timestamp) -> LatencySummary? {
        let oldest = Self.slotNumber(now) - Int64(Self.slotCount)
        var times = Bucketed()
        for slot in slots where slot.number > oldest {
            times.counts.merge(slot.times.counts) { $0.saturatingAdding($1) }
            times.sum += slot.times.sum
        }
        return times.summary
    }

    /// All times since the monitor began; nil where there are none.
    var sinceStart: LatencySummary? { whole.summary }

    /// The times that came within these slots.
    func counts(in numbers: ClosedRange<Int64>) -> TimeCounts {
        var times = TimeCounts()
        for slot in slots where numbers.contains(slot.number) {
            for (value, count) in slot.times.counts { times.add(value, count: count) }
        }
        return times
    }

    /// How many slots are kept.
    var keptSlots: Int { slots.count }

    static func slotNumber(_ time: Timestamp) -> Int64 { time.rawValue / slotLength.milliseconds }
}
