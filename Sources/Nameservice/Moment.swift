import TaskGridCore

/// A point in time on both clocks: leases run on the steady one, so that setting the wall clock ends none of them;
/// people and messages read the other.
struct Moment: Hashable, Sendable {
    var instant: ContinuousClock.Instant
    var timestamp: Timestamp

    static func now() -> Moment {
        Moment(instant: .now, timestamp: .now())
    }

    func advanced(by duration: Duration) -> Moment {
        Moment(instant: instant.advanced(by: duration), timestamp: timestamp + duration)
    }
}
