import Foundation

/// Points in time as people write them.
package enum MomentText {
    /// Their name in errors.
    package static let what =
        """
        a time ago with its unit such as 90s, 15m, 1h30m or 7d, at most 10000d, or a time such as 2026-11-23, 2026-11-23T10:00 (UTC) or \
        2026-11-23T10:00+02:00
        """

    /// How long before `now`, with a minus sign or without, and with its units, or a date, or a date and a time: in UTC, as the grid
    /// shows times, unless a zone follows. Nil where it is none of these, or is no time from 1970 to 9999.
    package static func read(_ text: String, now: Timestamp) -> Timestamp? {
        // A bare number may be meant as a year, a date without hyphens, or seconds.
        if text.last?.isLetter == true, let age = DurationText.read(text.hasPrefix("-") ? String(text.dropFirst()) : text) {
            return max(Timestamp(rawValue: 0), now + (.zero - age))
        }
        let pattern = /(\d{4}-\d{2}-\d{2})(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d)(:[0-5]\d(?:\.\d{1,9})?)?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?/
        guard let match = try? pattern.wholeMatch(in: text) else { return nil }
        let (_, date, minutes, seconds, zone) = match.output
        // Foundation takes 30 February for 2 March.
        guard let day = try? Date("\(date)T00:00:00Z", strategy: .iso8601), day.formatted(.iso8601).hasPrefix(date) else { return nil }
        let whole = "\(date)T\(minutes ?? "00:00")\((seconds ?? ":00").prefix(3))\(zone ?? "Z")"
        guard let time = try? Date(whole, strategy: .iso8601) else { return nil }
        let fraction = seconds.flatMap { Double("0\($0.dropFirst(3))") } ?? 0
        let moment = Timestamp(rawValue: Int64(time.timeIntervalSince1970) * 1000 + Int64(fraction * 1000))
        return (0...WireFormat.maximumTime.rawValue).contains(moment.rawValue) ? moment : nil
    }
}
