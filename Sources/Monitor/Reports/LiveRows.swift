package import TaskGridCore

/// The fields of all types together, and how many there are of each thing of which the busiest are shown.
package struct LiveHead: Encodable, Sendable {
    package var statistics: StatisticsHead
    package var types: Int
    package var workers: Int
    package var alerts: Int

    private enum CodingKeys: String, CodingKey {
        case types = "known_types"
        case workers = "known_workers"
        case alerts = "standing_alerts"
    }

    package func encode(to encoder: any Encoder) throws {
        try statistics.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(types, forKey: .types)
        try container.encode(workers, forKey: .workers)
        try container.encode(alerts, forKey: .alerts)
    }
}

/// A type, as far as a table shows it: some of the fields of `TypeReport`.
package struct LiveTypeRow: Encodable, Sendable {
    package var tasks: TaskCounts
    package var throughput: Double
    @Nullable package var p50: Double?
    @Nullable package var p95: Double?
    @Nullable package var queueP50: Double?
    @Nullable package var queueP95: Double?
    @Nullable package var oldest: OldestReport?
    @Nullable var oldestSeconds: Int?
    package var outcomes: OutcomesReport
    @Nullable package var activeWorkers: Int?
    package var breaker: BreakerState
    package var isPaused: Bool
    @Nullable package var pausedUntil: String?

    enum CodingKeys: String, CodingKey {
        case tasks, breaker, outcomes
        case queueP50 = "queue_p50_ms"
        case queueP95 = "queue_p95_ms"
        case oldest = "oldest_waiting"
        case oldestSeconds = "oldest_waiting_seconds"
        case throughput = "throughput_per_second"
        case p50 = "p50_ms"
        case p95 = "p95_ms"
        case activeWorkers = "active_workers"
        case isPaused = "paused"
        case pausedUntil = "paused_until"
    }

    init(_ work: TypeStatistics, of type: TaskType, activeWorkers: Int?, uptime: Duration, at now: Timestamp) {
        tasks = work.states
        let times = work.runTimes.recent(at: now)
        p50 = times?.p50.milliseconds
        p95 = times?.p95.milliseconds
        let waits = work.waitTimes.recent(at: now)
        queueP50 = waits?.p50.milliseconds
        queueP95 = waits?.p95.milliseconds
        let oldest = work.oldest.map { OldestReport($0, of: type, at: now) }
        self.oldest = oldest
        oldestSeconds = oldest?.seconds
        outcomes = OutcomesReport(work.recentOutcomes.total(at: now))
        let window = min(Throughput.window, max(.seconds(1), uptime))
        throughput = (work.throughput.ended(at: now) / window.seconds).rounded3
        self.activeWorkers = activeWorkers
        breaker = work.breaker
        isPaused = work.isPaused
        pausedUntil = work.pausedUntil?.description
    }
}

/// A worker, as far as a table shows it: some of the fields of `WorkerReport`.
package struct LiveWorkerRow: Encodable, Sendable {
    package var state: String
    @Nullable package var leftReason: String?
    package var types: [TaskType]
    /// How many it serves, where fewer are named.
    package var typeCount: Int
    package var host: String
    package var pid: Int
    package var version: String
    package var concurrency: Int
    package var started: String
    /// 0 for one that was heard within its time, so that a row that says nothing new stays as it is.
    package var lastSeen: Int
    package var running: Int
    package var done: Int
    package var failed: Int

    enum CodingKeys: String, CodingKey {
        case state, types, host, pid, version, concurrency, started, done, failed
        case leftReason = "left_reason"
        case typeCount = "type_count"
        case lastSeen = "last_seen_seconds_ago"
        case running = "running_tasks"
    }

    init(_ statistics: WorkerStatistics, maximumTypes: Int, at now: Timestamp) {
        let worker = statistics.worker
        state = statistics.state(at: now).rawValue
        leftReason = statistics.left?.reason.rawValue
        types = Array(worker.types.prefix(maximumTypes))
        typeCount = worker.types.count
        host = worker.host
        pid = worker.pid
        version = worker.version
        concurrency = worker.concurrency
        started = worker.started.description
        let silence = now - statistics.lastSeen
        lastSeen = silence < worker.lease ? 0 : Int(saturating: silence.seconds)
        // Of one that is gone, seconds would change its row for an hour.
        if statistics.left != nil { lastSeen -= lastSeen % 60 }
        running = statistics.runningTasks
        done = worker.done
        failed = worker.failed
    }
}
