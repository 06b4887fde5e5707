public import AMQP

/// A backoff as people, headers, batches, JSON and the store's rows write it: `exponential:1s:1m`.
extension Backoff: LosslessStringConvertible {
    /// Its name in errors.
    package static let what = "backoff such as 5s, 1s:1h, constant:30s, linear:10s:10m or exponential:1s:1h"

    /// How long the longest wait is where nothing is said.
    private static let usualCeiling = Duration.seconds(3600)

    /// The growth, the first wait and the longest one with colons between; the growth (`exponential`) and the longest wait (an hour) may be
    /// left out. Nil if it is none, if a wait is no whole number of milliseconds, or if the longest wait is shorter than the first.
    public init?(_ description: String) {
        var parts = description.split(separator: ":", omittingEmptySubsequences: false)[...]
        let growth = parts.first.flatMap { Growth(rawValue: String($0)) }
        if growth != nil { parts.removeFirst() }
        guard (1...2).contains(parts.count), let base = parts.first.flatMap(Self.wait) else { return nil }
        let ceiling: Duration
        if parts.count == 2 {
            guard let longest = parts.last.flatMap(Self.wait), longest >= base,
                growth != .constant || longest == base
            else { return nil }
            ceiling = longest
        } else {
            ceiling = growth == .constant ? base : max(base, Self.usualCeiling)
        }
        self.init(base: base, ceiling: ceiling, growth: growth ?? .exponential)
    }

    /// A wait as ``description`` gives it back: to the millisecond.
    private static func wait(_ text: Substring) -> Duration? {
        DurationText.read(String(text)).flatMap { $0 == .milliseconds($0.milliseconds) ? $0 : nil }
    }

    public var description: String {
        let base = DurationText.write(base)
        return growth == .constant ? "\(growth.rawValue):\(base)" : "\(growth.rawValue):\(base):\(DurationText.write(ceiling))"
    }
}
