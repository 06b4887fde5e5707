import ServiceSupport
import Synchronization
import TaskGridCore

/// When the dispatcher takes a turn though nothing comes: each half second, for leases, timeouts and expiries, and when a scheduled
/// task is due.
final class Ticker: Sendable {
    static let interval = Duration.milliseconds(500)
    /// From one tick to the next at least: what is due meanwhile goes out together.
    private static let pause = Duration.milliseconds(100)

    private let interval: Duration
    private let signal = Signal()
    private let known = Mutex<Moment?>(nil)

    init(interval: Duration = Ticker.interval) {
        self.interval = interval
    }

    /// When the next scheduled task is due, or an attempt's time is up; nil: none is, as far as is known.
    var due: Moment? { known.withLock { $0 } }

    func expect(_ due: Moment?) {
        let isEarlier = known.withLock { known in
            defer { known = due }
            guard let due else { return false }
            return known.map { due < $0 } ?? true
        }
        if isEarlier { signal.raise() }
    }

    /// Returns when it is time for the tick that follows on `last`, or when the task is cancelled. One caller at a time.
    func wait(after last: ContinuousClock.Instant) async {
        while !Task.isCancelled {
            let now = ContinuousClock.now
            let next = next(after: last, due: due?.instant)
            guard next > now else { return }
            await signal.wait(until: next)
        }
    }

    func next(after last: ContinuousClock.Instant, due: ContinuousClock.Instant?) -> ContinuousClock.Instant {
        let latest = last + interval
        guard let due else { return latest }
        return max(last + Self.pause, min(due, latest))
    }
}
