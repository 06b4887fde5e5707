package import TaskGridCore
import WebSupport

/// The work of one type, or of all. How long attempts ran is told of one type alone: see ``TypeReport``.
///
/// | field | what | window |
/// |---|---|---|
/// | `active_workers` | workers that hold a lease; null while that is not known: the broker is away or came back less than ten seconds ago, or nothing was heard of workers yet | now |
/// | `pending_tasks` | accepted and not running: `pending`, `scheduled` and `queued` | now, by the latest event |
/// | `tasks` | tasks submitted, and in each state | since the store was made |
/// | `ledger` | what was submitted, what stands in one state or another, and whether the two are the same | since the store was made |
/// | `breaker` | `closed`, `open` or `half_open`; of all types, the one that lets least through | now, by the latest event |
/// | `paused` | whether nothing is handed out on request; of all types, whether that is so of one of them | now, by the latest event |
/// | `paused_until` | when the pause of a type ends by itself; null if it does not, or there is none | now, by the latest event |
/// | `held` | why no more of the waiting tasks of a type are handed out, in words; empty if some may be, or the dispatcher is silent | now, by the latest event |
/// | `throughput_per_second` | tasks that succeeded or failed | the last minute, or since the start where that is later |
/// | `retried_attempts` | attempts that were tried again | since the monitor's start |
/// | `refused_results` | results that were refused | since the monitor's start |
/// | `queue_times` | from when a task could run, its acceptance or its due time, to when it ran | each window has its name |
/// | `queue_p50_ms`, `queue_p95_ms` | two of them | the last five minutes |
/// | `oldest_waiting`, `oldest_waiting_seconds` | the task that waits longest, and for how long; null if unknown | now, by the latest event |
/// | `outcomes` | tasks that succeeded and failed, and the share of those that failed | the last five minutes |
package struct WorkReport: Encodable, Sendable {
    static let schema = JSONSchema.object(
        [
            "active_workers": .activeWorkers, "pending_tasks": .count.described("Accepted and not running."),
            "tasks": TaskCounts.schema, "ledger": LedgerReport.schema, "breaker": .breaker,
            "paused": .boolean.described("Of all types: whether that is so of one of them."),
            "paused_until": .optionalTime,
            "held": .array(of: .string).described("Why no more of the waiting tasks are handed out; empty if some may be or none wait."),
            "throughput_per_second": .number.atLeast(0),
            "retried_attempts": .count, "refused_results": .count.described("Results that were refused."),
            "queue_times": LatencyWindows.schema,
            "queue_p50_ms": .milliseconds, "queue_p95_ms": .milliseconds, "oldest_waiting": OldestReport.schema.nullable,
            "oldest_waiting_seconds": OldestReport.secondsSchema,
            "outcomes": OutcomesReport.schema,
        ],
        isOpen: true
    ).named("Work")

    @Nullable package var activeWorkers: Int?
    package var pendingTasks: Int
    package var tasks: TaskCounts
    package var ledger: LedgerReport
    package var breaker: BreakerState
    package var isPaused: Bool
    @Nullable package var pausedUntil: String?
    package var held: [String]
    package var throughput: Double
    package var retried: Int
    package var refused: Int
    var queueTimes: LatencyWindows
    @Nullable package var queueP50: Double?
    @Nullable package var queueP95: Double?
    @Nullable package var oldest: OldestReport?
    @Nullable var oldestSeconds: Int?
    package var outcomes: OutcomesReport

    enum CodingKeys: String, CodingKey {
        case activeWorkers = "active_workers"
        case pendingTasks = "pending_tasks"
        case tasks, ledger, breaker, outcomes
        case isPaused = "paused"
        case pausedUntil = "paused_until"
        case held
        case throughput = "throughput_per_second"
        case retried = "retried_attempts"
        case refused = "refused_results"
        case queueTimes = "queue_times"
        case queueP50 = "queue_p50_ms"
        case queueP95 = "queue_p95_ms"
        case oldest = "oldest_waiting"
        case oldestSeconds = "oldest_waiting_seconds"
    }

    /// Of one type.
    init(_ work: TypeStatistics, of type: TaskType, activeWorkers: Int?, uptime: Duration, at now: Timestamp) {
        self.init(
            activeWorkers: activeWorkers, states: work.states, breaker: work.breaker, isPaused: work.isPaused,
            pausedUntil: work.pausedUntil, held: work.held(at: now), ended: work.throughput.ended(at: now), uptime: uptime,
            seen: work.seen, waitTimes: work.waitTimes, oldest: work.oldest.map { OldestReport($0, of: type, at: now) },
            outcomes: OutcomesReport(work.recentOutcomes.total(at: now)), at: now
        )
    }

    /// Of all types.
    init(_ statistics: Statistics, activeWorkers: Int?, at now: Timestamp) {
        let outcomes = statistics.types.values.reduce(into: (succeeded: 0, failed: 0)) { sum, work in
            let total = work.recentOutcomes.total(at: now)
            sum = (sum.succeeded.saturatingAdding(total.succeeded), sum.failed.saturatingAdding(total.failed))
        }
        self.init(
            activeWorkers: activeWorkers, states: statistics.states, breaker: statistics.breaker, isPaused: statistics.isPaused,
            ended: statistics.ended(at: now), uptime: now - statistics.since, seen: statistics.seen, waitTimes: statistics.waitTimes,
            oldest: statistics.oldest.map { OldestReport($0.task, of: $0.type, at: now) }, outcomes: OutcomesReport(outcomes), at: now
        )
    }

    private init(
        activeWorkers: Int?, states: TaskCounts, breaker: BreakerState, isPaused: Bool, pausedUntil: Timestamp? = nil, held: [String] = [],
        ended: Double, uptime: Duration, seen: Counters, waitTimes: Latencies, oldest: OldestReport?, outcomes: OutcomesReport,
        at now: Timestamp
    ) {
        self.activeWorkers = activeWorkers
        pendingTasks = states.waiting
        tasks = states
        ledger = LedgerReport(states)
        self.breaker = breaker
        self.isPaused = isPaused
        _pausedUntil = Nullable(wrappedValue: pausedUntil?.description)
        self.held = held
        throughput = (ended / min(Throughput.window, max(.seconds(1), uptime)).seconds).rounded3
        retried = seen.retried
        refused = seen.refused
        queueTimes = LatencyWindows(waitTimes, at: now)
        queueP50 = queueTimes.recent.p50
        queueP95 = queueTimes.recent.p95
        _oldest = Nullable(wrappedValue: oldest)
        oldestSeconds = oldest?.seconds
        self.outcomes = outcomes
    }
}
