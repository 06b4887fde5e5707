/// A point in the life of this process, to measure spans from.
///
/// `ContinuousClock.Instant` says the same, but its layout is known only once the program runs, and so is that of whatever holds one:
/// each copy of a task that holds one would go through the runtime. This one's is fixed.
package struct Moment: Hashable, Comparable, Sendable {
    private static let origin = ContinuousClock.now

    private let sinceOrigin: Duration

    private init(sinceOrigin: Duration) {
        self.sinceOrigin = sinceOrigin
    }

    package init(_ instant: ContinuousClock.Instant) {
        sinceOrigin = Self.origin.duration(to: instant)
    }

    package static var now: Moment { Moment(.now) }

    /// The same, for the clock.
    package var instant: ContinuousClock.Instant { Self.origin + sinceOrigin }

    package static func + (moment: Moment, duration: Duration) -> Moment { Moment(sinceOrigin: moment.sinceOrigin + duration) }
    package static func - (left: Moment, right: Moment) -> Duration { left.sinceOrigin - right.sinceOrigin }
    package static func < (left: Moment, right: Moment) -> Bool { left.sinceOrigin < right.sinceOrigin }
}
