import Synchronization
import TaskGridCore

/// The pulse of one loop of a service: the loop says when it waits for something, when it works on what came, and when it
/// ends. So its health is what it does, not that a process is there.
///
/// A loop that waits is idle, which its connection proves; one that works on the same for longer than its limit is stuck.
/// A loop that a clock drives has a period too: one that waits for longer than that has stopped moving.
package final class Pulse: Sendable {
    package enum State: String, Sendable, Codable {
        /// For a message, a signal or a time.
        case waiting
        case working
        case ended
    }

    package let name: String
    /// How long it may work on what came at once.
    let limit: Duration
    /// How long it waits at most, where a clock drives it.
    let period: Duration?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<(state: State, since: ContinuousClock.Instant)>

    init(
        _ name: String, limit: Duration, period: Duration?, now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.name = name
        self.limit = limit
        self.period = period
        self.now = now
        state = Mutex((.waiting, now()))
    }

    /// The loop begins to wait.
    package func waits() { set(.waiting) }

    /// The loop begins to work on what has come; or it has done a part of it, and goes on with the next.
    package func works() { set(.working) }

    /// The loop is over.
    package func ends() { set(.ended) }

    private func set(_ new: State) {
        let now = now()
        state.withLock { $0 = (new, now) }
    }

    /// How the loop stands.
    package func reading(at now: ContinuousClock.Instant) -> LoopReading {
        let (state, since) = state.withLock { $0 }
        let time = since.duration(to: now)
        let problem: String? =
            switch state {
            case .working where time > limit:
                "has worked on the same for \(time.wholeSeconds) s, at most \(limit.wholeSeconds) s are right"
            case .waiting:
                period.flatMap { period in
                    time > period + limit
                        ? "has not moved for \(time.wholeSeconds) s, though it should every \(period.shownSeconds) s" : nil
                }
            case .working, .ended: nil
            }
        return LoopReading(name: name, state: state, time: time, problem: problem)
    }
}

/// How one loop of a service stands.
package struct LoopReading: Hashable, Sendable {
    package var name: String
    package var state: Pulse.State
    /// How long it has been in its state.
    package var time: Duration
    /// Why it is not well; nil where it is. It reads on after "loop …".
    package var problem: String?

    package init(name: String, state: Pulse.State, time: Duration, problem: String? = nil) {
        self.name = name
        self.state = state
        self.time = time
        self.problem = problem
    }
}

extension Duration {
    var wholeSeconds: Int64 { components.seconds }

    /// Seconds with three digits after the point.
    var seconds3: Double { (Double(milliseconds) / 1000) }

    fileprivate var shownSeconds: String { milliseconds % 1000 == 0 ? "\(wholeSeconds)" : "\(seconds3)" }
}
