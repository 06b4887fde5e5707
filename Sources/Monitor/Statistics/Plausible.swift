import TaskGridCore

/// Numbers that no grid can reach would overflow the monitor's sums: such a message is refused as malformed.
enum Plausible {
    /// The most tasks, in any one number of a message: sums over all types and states still fit.
    static let maximum = 1 << 45

    static func check(_ number: Int, _ what: String) throws(WireError) {
        guard (0...maximum).contains(number) else { throw WireError(.malformedBody, "\(what): 0 to \(maximum)") }
    }

    static func check(_ states: TaskCounts) throws(WireError) {
        try check(states.submitted, "submitted")
        for state in TaskState.allCases { try check(states[state], state.name) }
    }

    static func check(_ latencies: [LatencyCount], _ what: String) throws(WireError) {
        guard latencies.map(\.count).saturatingSum <= maximum else {
            throw WireError(.malformedBody, "\(what): at most \(maximum) times together")
        }
    }

    static func check(_ event: TypeEvent) throws(WireError) {
        try check(event.states)
        try check(event.retried, "retried")
        try check(event.refused, "refused")
        try check(event.runTimes, "run_us")
        try check(event.totalTimes, "total_us")
        try check(event.waitTimes, "wait_us")
        for tally in event.workers {
            try check(tally.succeeded, "workers.succeeded")
            try check(tally.failed, "workers.failed")
            try check(tally.runTimes, "workers.run_us")
        }
    }
}
