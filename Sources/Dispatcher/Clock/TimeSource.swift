import TaskGridCore

/// The source of the time: the machine, or a test.
struct TimeSource: Sendable {
    /// The wall clock, which people read and set.
    var wall: @Sendable () -> Timestamp
    /// A clock that never steps, and says nothing across restarts.
    var moment: @Sendable () -> Moment

    static let system = TimeSource(wall: { .now() }, moment: { .now })
}
