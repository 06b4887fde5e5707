/// Durations as people write them.
public enum DurationText {
    /// Their name in errors.
    public static let what = "a time such as 500ms, 30s, 15m, 12h or 7d"

    private static let day = 86_400_000_000.0
    /// Each unit in microseconds.
    private static let units: [(String, Double)] = [
        ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", day),
    ]

    /// A number and its unit; a bare number is seconds. Nil where it is none, negative, or above ten thousand days.
    public static func read(_ text: String) -> Duration? {
        let unit = units.first { text.hasSuffix($0.0) }
        let number = text.dropLast(unit?.0.count ?? 0)
        guard let count = Double(number), count.isFinite, count >= 0 else { return nil }
        // Whole microseconds, because a duration times a fraction is rounded.
        let microseconds = (count * (unit?.1 ?? 1_000_000)).rounded()
        return microseconds <= 10_000 * day ? .microseconds(Int64(microseconds)) : nil
    }

    /// The text that ``read(_:)`` reads, in the largest unit in which the duration is whole, to the millisecond.
    public static func write(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.milliseconds)
        let unit = units.last { milliseconds > 0 && milliseconds % (Int64($0.1) / 1000) == 0 } ?? units[1]
        return "\(milliseconds / (Int64(unit.1) / 1000))\(unit.0)"
    }
}
