import TaskGridCore

/// A point in time on both clocks: leases run on the steady one, so that setting the wall clock ends none of them;
/// people and messages read the other.
struct ClockReading: Hashable, Sendable {
    var instant: ContinuousClock.Instant
    var timestamp: Timestamp

    static func now() -> ClockReading {
        ClockReading(instant: .now, timestamp: .now())
    }

    func advanced(by duration: Duration) -> ClockReading {
        ClockReading(instant: instant.advanced(by: duration), timestamp: timestamp + duration)
    }
}
