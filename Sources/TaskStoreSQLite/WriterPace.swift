import Synchronization

/// Says whether a write may keep its caller's thread: where no other write is under way and the disk was quick of late.
///
/// A commit on the caller's thread saves two changes of thread, which is more than the commit itself costs on a quick disk. A thread that
/// also serves a connection must not wait for a slow one: it would send no heartbeats.
final class WriterPace: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A write that took longer is slow.
    static let slow = Duration.milliseconds(20)
    /// How long no write keeps its caller's thread after a slow one.
    static let caution = Duration.seconds(10)

    private struct State {
        var underWay = 0
        var cautiousUntil: Instant?
    }

    private let state = Mutex(State())

    /// A write begins. With `mayBlock`, the thread of its caller may wait for it.
    ///
    /// - Returns: whether it is made on that thread.
    func begin(mayBlock: Bool, at now: Instant) -> Bool {
        state.withLock { state in
            defer { state.underWay += 1 }
            return mayBlock && state.underWay == 0 && state.cautiousUntil.map { $0 <= now } ?? true
        }
    }

    /// It has ended.
    func end(after duration: Duration, at now: Instant) {
        state.withLock { state in
            state.underWay -= 1
            if duration > Self.slow { state.cautiousUntil = now + Self.caution }
        }
    }
}
