package import TaskGridCore

/// Lets one kind of event through once a minute: what is told of it holds for those that follow.
package struct EventThrottle {
    private static let pause = Duration.seconds(60)

    private var next: Moment?

    package init() {}

    /// Whether an event is told.
    package mutating func passes(at now: Moment) -> Bool {
        guard next.map({ $0 <= now }) ?? true else { return false }
        next = now + Self.pause
        return true
    }
}
