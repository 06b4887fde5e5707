/// Durations as people write them.
package enum DurationText {
    /// Their name in errors.
    package static let what = "a time such as 500ms, 30s, 15m, 1h30m or 7d"

    /// The same, with the longest one.
    package static let whatAtMost = "\(what), at most \(maximumDays)d"

    private static let maximumDays = 10_000
    private static let day = 86_400_000_000.0
    /// Each unit in microseconds.
    private static let units: [(String, Double)] = [
        ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", day),
    ]

    /// Numbers and their units, the largest unit first; a bare number is seconds. Nil where it is none, negative, or above ten thousand
    /// days.
    package static func read(_ text: String) -> Duration? {
        if let seconds = number(text[...]) { return duration(seconds * 1_000_000) }
        var rest = text[...]
        var total = 0.0
        var larger = Double.infinity
        repeat {
            let digits = rest.prefix { !isLetter($0) }
            let letters = rest.dropFirst(digits.count).prefix(while: isLetter)
            guard let count = number(digits), let unit = units.first(where: { $0.0 == letters })?.1, unit < larger else { return nil }
            total += count * unit
            larger = unit
            rest = rest.dropFirst(digits.count + letters.count)
        } while !rest.isEmpty
        return duration(total)
    }

    /// A decimal number without sign or exponent.
    private static func number(_ text: Substring) -> Double? {
        guard let first = text.utf8.first, let last = text.utf8.last, isDigit(first), isDigit(last) else { return nil }
        return text.utf8.allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") } ? Double(text) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    @Sendable private static func isLetter(_ character: Character) -> Bool { ("a"..."z").contains(character) }

    /// In whole microseconds, because a duration times a fraction is rounded.
    private static func duration(_ microseconds: Double) -> Duration? {
        microseconds <= Double(maximumDays) * day ? .microseconds(Int64(microseconds.rounded())) : nil
    }

    /// The text that ``read(_:)`` reads, in the largest unit in which the duration is whole, to the millisecond.
    package static func write(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.milliseconds)
        let unit = units.last { milliseconds > 0 && milliseconds % (Int64($0.1) / 1000) == 0 } ?? units[1]
        return "\(milliseconds / (Int64(unit.1) / 1000))\(unit.0)"
    }
}
