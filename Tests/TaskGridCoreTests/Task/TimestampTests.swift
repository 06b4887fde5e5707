import Foundation
import TaskGridCore
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_700_000_000_123, "2023-11-14T22:13:20.123Z"), (1_700_000_000_009, "2023-11-14T22:13:20.009Z"),
        (-1, "-1 ms"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (253_402_300_800_000, "253402300800000 ms"),
        (Int64.max, "9223372036854775807 ms"), (Int64.min, "-9223372036854775808 ms"),
    ])
    func `a timestamp is written as ISO 8601`(_ value: Int64, _ text: String) {
        #expect(Timestamp(rawValue: value).description == text)
    }

    @Test func `sums stay within the range`() {
        #expect(Timestamp(rawValue: 5) + .milliseconds(7) == Timestamp(rawValue: 12))
        #expect(Timestamp(rawValue: 5) + .milliseconds(-7) == Timestamp(rawValue: -2))
        #expect(Timestamp(rawValue: .max) + .milliseconds(1) == Timestamp(rawValue: .max))
        #expect(Timestamp(rawValue: .min) + .milliseconds(-1) == Timestamp(rawValue: .min))
        #expect(Timestamp(rawValue: 0) + .seconds(Int64.max) == Timestamp(rawValue: .max))
        #expect(Timestamp(rawValue: 0) + .seconds(Int64.min) == Timestamp(rawValue: .min))
    }

    @Test func `the difference of two timestamps is a duration`() {
        #expect(Timestamp(rawValue: 12) - Timestamp(rawValue: 5) == .milliseconds(7))
        #expect(Timestamp(rawValue: .max) - Timestamp(rawValue: .min) == .milliseconds(Int64.max) - .milliseconds(Int64.min))
        #expect(Timestamp(rawValue: 1) < Timestamp(rawValue: 2))
    }

    @Test func `the time now is plausible`() {
        // After this was written, before the grid is a century old.
        #expect((1_760_000_000_000...4_900_000_000_000).contains(Timestamp.now().rawValue))
    }

    @Test(arguments: ["-1", "253402300800000", "9223372036854775807", "1.5", "1e30", #""now""#, "null"]) func `other JSON is no timestamp`(
        _ text: String
    ) {
        #expect(throws: WireError.self) { try JSON.decode([Timestamp].self, Data("[\(text)]".utf8)) }
    }

    @Test func `durations are whole milliseconds and microseconds within their range`() {
        #expect(Duration.microseconds(1999).milliseconds == 1)
        #expect(Duration.microseconds(-1999).milliseconds == -1)
        #expect(Duration.nanoseconds(1999).microseconds == 1)
        #expect((Duration.milliseconds(Int64.max) + .milliseconds(500)).milliseconds == .max)
        #expect((Duration.milliseconds(Int64.min) - .milliseconds(500)).milliseconds == .min)
        #expect((Duration.microseconds(Int64.max) + .microseconds(1)).microseconds == .max)
        #expect(Duration.seconds(Int64.max).microseconds == .max)
        #expect((Duration.seconds(Int64.max) * 10).milliseconds == .max)
        #expect(Duration.milliseconds(1500).seconds == 1.5)
        for duration in [.zero, .milliseconds(-1500), .nanoseconds(7), .seconds(40), .seconds(-40), .seconds(Int64.max)] as [Duration] {
            let (seconds, rest) = duration.components
            let exact = Double(seconds) + Double(rest) / 1e18
            #expect(abs(duration.seconds - exact) <= exact.magnitude * 1e-15)
        }
    }
}
