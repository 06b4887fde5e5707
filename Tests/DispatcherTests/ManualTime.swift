import Synchronization
import TaskGridCore

@testable import Dispatcher

/// The machine's time, which a test lets pass faster, and whose wall clock it sets.
final class ManualTime: Sendable {
    private let shift = Mutex((wall: Duration.zero, moment: Duration.zero))
    private let frozen: (wall: Timestamp, moment: Moment)?

    /// - Parameter isFrozen: time passes only where the test says so.
    init(isFrozen: Bool = false) {
        frozen = isFrozen ? (.now(), .now) : nil
    }

    var source: TimeSource {
        TimeSource(
            wall: { [self] in (frozen?.wall ?? .now()) + shift.withLock { $0.wall } },
            moment: { [self] in (frozen?.moment ?? .now) + shift.withLock { $0.moment } }
        )
    }

    /// Time passes, for both clocks.
    func pass(_ duration: Duration) {
        shift.withLock { $0 = ($0.wall + duration, $0.moment + duration) }
    }

    /// Somebody sets the wall clock.
    func step(_ duration: Duration) {
        shift.withLock { $0.wall += duration }
    }

    var wall: Timestamp { source.wall() }
}
