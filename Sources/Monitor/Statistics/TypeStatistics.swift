import TaskGridCore

/// What is known of the tasks of one type.
struct TypeStatistics {
    /// The books, as the dispatcher told them last.
    private(set) var states = TaskCounts()
    private(set) var runTimes = Latencies()
    private(set) var totalTimes = Latencies()
    private(set) var throughput = Throughput()
    /// Attempts that were tried again, since the monitor began.
    private(set) var retried = 0
    /// Whether its circuit breaker lets its tasks through, as the dispatcher told last.
    private(set) var breaker = BreakerState.closed
    /// The dispatcher's time of the latest event.
    private var latest: Timestamp?

    mutating func take(_ event: TaskEvent, at now: Timestamp) {
        runTimes.record(event.runTimes, at: now)
        totalTimes.record(event.totalTimes, at: now)
        retried += event.retried
        // An event that was overtaken has measurements of its own, and old books.
        if let latest, event.at < latest { return }
        latest = event.at
        breaker = event.breaker
        if throughput.isEmpty {
            // Where nothing was known before, what the event itself brought is what has happened.
            let before = event.states.ended - event.workers.reduce(0) { $0 + $1.succeeded }
            throughput.record(total: max(0, before), at: now + .seconds(-1))
        }
        take(event.states, at: now)
    }

    /// Takes the books alone.
    mutating func take(_ states: TaskCounts, at now: Timestamp) {
        self.states = states
        throughput.record(total: states.ended, at: now)
    }

    /// Forgets the books, which were another store's.
    mutating func forgetStates() {
        states = TaskCounts()
        throughput = Throughput()
        breaker = .closed
        latest = nil
    }
}

extension TaskCounts {
    /// Tasks that a worker brought to their end.
    var ended: Int { succeeded + failed }
    /// Tasks that are accepted and do not run yet.
    var waiting: Int { pending + scheduled + queued }
}
