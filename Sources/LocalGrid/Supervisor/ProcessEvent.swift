/// An event of a process under a ``Supervisor``.
package struct ProcessEvent: Hashable, Sendable {
    package let process: String
    package let what: What

    package enum What: Hashable, Sendable {
        case starting
        /// It is ready, this long after its start.
        case ready(after: Duration)
        /// It ended, unasked.
        case ended(Ending)
        /// It will be started anew after this wait, for the `attempt`th time since it last ran well.
        case restarting(attempt: Int, after: Duration)
        /// It was asked to end, and ended.
        case stopped(Ending)
    }

    /// How a run of a process ended.
    package enum Ending: Hashable, Sendable, CustomStringConvertible {
        case exited(code: Int32)
        case signalled(Int32)
        /// It was not ready in time, and was ended.
        case notReady(within: Duration)
        /// It served no more for this long, and was ended.
        case notServing(for: Duration)
        /// It could not be started at all.
        case notStarted(reason: String)

        /// It ended of itself.
        var isExit: Bool {
            if case .exited = self { true } else { false }
        }

        package var description: String {
            switch self {
            case .exited(let code): "exited with code \(code)"
            case .signalled(let signal): "was ended by signal \(signal)"
            case .notReady(let limit): "was not ready within \(limit)"
            case .notServing(let time): "ran and did not serve for \(time)"
            case .notStarted(let reason): "could not be started: \(reason)"
            }
        }
    }
}
