import TaskGridCore

/// The wall clock's time as it was at the start, and steadily on from there: setting the clock moves no window.
struct SteadyClock: Sendable {
    private let wall = Timestamp.now()
    private let start = ContinuousClock.now

    func now() -> Timestamp { wall + start.duration(to: .now) }
}
