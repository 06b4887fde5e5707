import Foundation

/// A point in time in whole milliseconds since 1970, UTC: what the store keeps, the wire carries and JSON shows.
public struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The due time of what is to be done as soon as there is room: before every other.
    package static let atOnce = Timestamp(rawValue: 0)

    /// The wall clock's time.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(rawValue: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.rawValue < rhs.rawValue }

    /// The time `duration` later; stays at the ends of the range where the sum lies beyond them.
    public static func + (lhs: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflow) = lhs.rawValue.addingReportingOverflow(duration.milliseconds)
        return Timestamp(rawValue: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// The time `duration` earlier; stays at the ends of the range where the difference lies beyond them.
    public static func - (lhs: Timestamp, duration: Duration) -> Timestamp { lhs + (.zero - duration) }

    public static func - (lhs: Timestamp, rhs: Timestamp) -> Duration {
        .milliseconds(lhs.rawValue) - .milliseconds(rhs.rawValue)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339, in UTC with milliseconds; the plain number for a time before 1970 or after the year 9999.
    public var description: String {
        guard (0...WireFormat.maximumTime.rawValue).contains(rawValue) else { return "\(rawValue) ms" }
        // In whole seconds, because a fraction that went through a Double would come back rounded.
        let date = Date(timeIntervalSince1970: Double(rawValue / 1000)).formatted(.iso8601).dropLast()
        let fraction = String(rawValue % 1000 + 1000).dropFirst()
        return "\(date).\(fraction)Z"
    }
}

extension Timestamp: Codable {
    /// - Throws: `DecodingError` for a time before 1970 or after the year 9999.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let value = try container.decode(Int64.self)
        guard (0...WireFormat.maximumTime.rawValue).contains(value) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(value) is no time from 1970 to 9999 in milliseconds")
        }
        self.init(rawValue: value)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero; at the end of the range where the duration lies beyond it.
    package var milliseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000_000_000) }

    /// Whole microseconds, rounded towards zero; at the end of the range where the duration lies beyond it.
    package var microseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000_000) }

    /// Seconds with their fraction.
    package var seconds: Double {
        // By halves: `Double(Int128)` is generic code, and took a noticeable part of each turn of a poll loop.
        let high = Double(Int64(truncatingIfNeeded: attoseconds >> 64))
        let low = Double(UInt64(truncatingIfNeeded: attoseconds))
        return (high * 0x1p64 + low) / 1e18
    }
}
