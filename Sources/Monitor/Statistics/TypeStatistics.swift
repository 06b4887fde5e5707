import TaskGridCore

/// The statistics of the tasks of one type.
struct TypeStatistics {
    /// The counters, as the dispatcher reported them last.
    private(set) var states = TaskCounts()
    private(set) var runTimes = Latencies()
    private(set) var totalTimes = Latencies()
    /// From when tasks could run to when they did.
    private(set) var waitTimes = Latencies()
    /// The task that waits longest, as the dispatcher told last.
    private(set) var oldest: OldestTask?
    private(set) var recentOutcomes = RecentOutcomes()
    private(set) var backlog = BacklogTrend()
    /// Tasks that ended, and tasks that were submitted, within the last minute.
    private(set) var throughput = Throughput()
    private(set) var arrivals = Throughput()
    /// The counts since the monitor began; they never fall.
    private(set) var seen = Counters()
    /// Whether its circuit breaker lets its tasks through, as the dispatcher told last.
    private(set) var breaker = BreakerState.closed
    /// Whether somebody has paused it.
    private(set) var isPaused = false
    /// When the pause ends by itself.
    private(set) var pausedUntil: Timestamp?
    /// Why no more of its waiting tasks are handed out, as the dispatcher told last.
    private var held: [String] = []
    /// When it told so.
    private var heldAt = Timestamp(rawValue: 0)
    /// The dispatcher's time of the latest event.
    private var latest: Timestamp?
    private var hasCounters = false
    /// By how much an event may be overtaken.
    private static let overtaking = Duration.seconds(5)

    /// `isNew`: whether the type is known to have had no tasks before.
    mutating func apply(_ event: TypeEvent, isNew: Bool, at now: Timestamp) {
        runTimes.record(event.runTimes, at: now)
        totalTimes.record(event.totalTimes, at: now)
        waitTimes.record(event.waitTimes, at: now)
        seen.retried = seen.retried.saturatingAdding(event.retried)
        seen.refused = seen.refused.saturatingAdding(event.refused)
        // An event that was overtaken has measurements of its own, and old counters. One that is much older was not: the dispatcher's
        // clock was set back.
        if let latest, event.at < latest, latest < event.at + Self.overtaking { return }
        latest = event.at
        breaker = event.breaker
        isPaused = event.paused
        pausedUntil = event.pausedUntil
        (held, heldAt) = (event.held.prefix(8).map { String($0.prefix(200)) }, now)
        oldest = event.oldest
        if !hasCounters {
            // If nothing was known before, the counts of the event itself are all that has happened.
            var states = isNew ? TaskCounts() : event.states
            states.succeeded = max(0, states.succeeded - event.workers.map(\.succeeded).saturatingSum)
            apply(states, at: now + .seconds(-1))
        }
        apply(event.states, at: now)
    }

    /// The dispatcher's answer about its counters.
    mutating func apply(
        _ states: TaskCounts, isPaused: Bool?, pausedUntil: Timestamp?, breaker: BreakerState?, isNew: Bool, at now: Timestamp
    ) {
        if let isPaused { (self.isPaused, self.pausedUntil) = (isPaused, pausedUntil) }
        if let breaker { self.breaker = breaker }
        if !hasCounters, isNew { apply(TaskCounts(), at: now + .seconds(-1)) }
        apply(states, at: now)
    }

    private mutating func apply(_ states: TaskCounts, at now: Timestamp) {
        if hasCounters {
            let change = Counters(states) - Counters(self.states)
            seen = seen + change
            recentOutcomes.add(succeeded: change.succeeded, failed: change.failed, at: now)
        }
        hasCounters = true
        self.states = states
        throughput.record(total: seen.ended, at: now)
        arrivals.record(total: seen.submitted, at: now)
        backlog.record(states.due, at: now)
    }

    /// Why no more of its waiting tasks are handed out. The reasons that a dispatcher gave before it went silent are out of date: they say
    /// how long they last.
    func held(at now: Timestamp) -> [String] { now < heldAt + Alert.longestSilence ? held : [] }

    /// Forgets the counters, which were another store's.
    mutating func forgetStates() {
        states = TaskCounts()
        throughput = Throughput()
        arrivals = Throughput()
        breaker = .closed
        isPaused = false
        pausedUntil = nil
        held = []
        oldest = nil
        recentOutcomes = RecentOutcomes()
        backlog = BacklogTrend()
        latest = nil
        hasCounters = false
    }
}

extension TaskCounts {
    /// Tasks that are accepted and do not run yet.
    var waiting: Int { [pending, scheduled, queued].saturatingSum }
    /// Those of them that may run now.
    var due: Int { pending.saturatingAdding(queued) }
}
