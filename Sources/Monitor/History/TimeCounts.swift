import Foundation
import TaskGridCore

/// How often each time was measured, in buckets of which sixteen make a doubling: so a percentile is within four percent.
/// Small enough to be kept for each step of a month, and to be added up.
struct TimeCounts: Hashable, Sendable {
    private var counts: [UInt16: UInt64] = [:]

    var isEmpty: Bool { counts.isEmpty }

    mutating func add(_ microseconds: UInt64, count: UInt64) {
        let bucket = Self.bucket(microseconds)
        counts[bucket] = counts[bucket, default: 0].saturatingAdding(count)
    }

    mutating func add(_ other: TimeCounts) { counts.merge(other.counts) { $0.saturatingAdding($1) } }

    /// In microseconds; nil where nothing was measured.
    func percentile(_ percent: Double) -> Double? {
        let total = counts.values.saturatingSum
        guard total > 0 else { return nil }
        let rank = max(1, UInt64(saturating: (percent / 100 * Double(total)).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
            seen = seen.saturatingAdding(count)
            if seen >= rank { return Self.middle(bucket) }
        }
        return nil
    }

    // MARK: Buckets

    /// Below sixteen each number is one; above, the leading bit and the four after it decide.
    private static func bucket(_ value: UInt64) -> UInt16 {
        let value = min(value, Latencies.ceiling)
        guard value >= 16 else { return UInt16(value) }
        let shift = 59 - value.leadingZeroBitCount
        return UInt16(shift * 16) + UInt16(value >> shift)
    }

    private static func middle(_ bucket: UInt16) -> Double {
        guard bucket >= 32 else { return Double(bucket) }
        let shift = UInt64(bucket / 16 - 1)
        return (Double(bucket % 16 + 16) + 0.5) * Double(1 << shift) - 0.5
    }

    // MARK: Bytes

    private static let entrySize = 10

    /// Each bucket's number in two bytes and its count in eight, big-endian, in the order of the buckets.
    var data: Data {
        var data = Data(capacity: counts.count * Self.entrySize)
        for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
            withUnsafeBytes(of: bucket.bigEndian) { data.append(contentsOf: $0) }
            withUnsafeBytes(of: count.bigEndian) { data.append(contentsOf: $0) }
        }
        return data
    }

    init() {}

    /// Values that are no such entry are left out.
    init(data: Data) {
        var rest = data[...]
        while rest.count >= Self.entrySize {
            let bucket = rest.prefix(2).reduce(0 as UInt16) { $0 << 8 | UInt16($1) }
            let count = rest.dropFirst(2).prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            if count <= UInt64(Plausible.maximum) << 8, bucket <= Self.bucket(Latencies.ceiling) {
                counts[bucket] = counts[bucket, default: 0].saturatingAdding(count)
            }
            rest = rest.dropFirst(Self.entrySize)
        }
    }
}
