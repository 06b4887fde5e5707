import TaskGridCore

/// One worker.
struct WorkerReport: Encodable {
    var state: String
    /// Why it left; null for one that did not.
    @Nullable var leftReason: String?
    var types: [TaskType]
    var host: String
    var pid: Int
    var version: String
    var concurrency: Int
    var prefetch: Int
    var batch: Bool
    /// Null where the worker does not say.
    @Nullable var started: String?
    var lastSeen: Double
    /// Tasks that run in it and that it holds ahead, by its latest message.
    var running: Int
    var waiting: Int
    /// Tasks it ended since it started, by its own count.
    var done: Int
    var failed: Int
    /// Tasks it ended since the monitor began, by the dispatcher's count.
    var seenSucceeded: Int
    var seenFailed: Int
    /// Over the tasks of the dispatcher's count; null where none was measured.
    @Nullable var average: Double?

    enum CodingKeys: String, CodingKey {
        case state, types, host, pid, version, concurrency, prefetch, batch, started, done, failed
        case leftReason = "left_reason"
        case lastSeen = "last_seen_seconds_ago"
        case running = "running_tasks"
        case waiting = "waiting_tasks"
        case seenSucceeded = "succeeded_since_monitor_start"
        case seenFailed = "failed_since_monitor_start"
        case average = "average_processing_time_ms"
    }

    init(_ statistics: WorkerStatistics, at now: Timestamp) {
        let worker = statistics.worker
        state = statistics.state(at: now).rawValue
        leftReason = statistics.left?.reason.rawValue
        types = worker.types
        host = worker.host
        pid = worker.pid
        version = worker.version
        concurrency = worker.concurrency
        prefetch = worker.prefetch
        batch = worker.batch
        _started = Nullable(wrappedValue: worker.started.rawValue == 0 ? nil : worker.started.description)
        lastSeen = (now - statistics.lastSeen).rounded3
        running = statistics.runningTasks
        waiting = statistics.waitingTasks
        done = worker.done
        failed = worker.failed
        seenSucceeded = statistics.succeeded
        seenFailed = statistics.failed
        average = statistics.averageRunTime.map { ($0 / 1000).rounded3 }
    }
}

/// What `/workers` answers: each worker under its id, those that left within the last hour included.
struct WorkersReport: Encodable {
    var active: Int
    var workers: [String: WorkerReport]

    enum CodingKeys: String, CodingKey {
        case active = "active_workers"
        case workers
    }

    /// The workers of `type`, and in `state`, where those are given.
    init(_ statistics: Statistics, type: TaskType? = nil, state: WorkerStatistics.State? = nil, at now: Timestamp) {
        let shown = statistics.workers.filter { _, worker in
            (type.map(worker.worker.types.contains) ?? true) && (state.map { $0 == worker.state(at: now) } ?? true)
        }
        active = shown.values.count { $0.isActive(at: now) }
        workers = shown.mapValues { WorkerReport($0, at: now) }
    }
}
