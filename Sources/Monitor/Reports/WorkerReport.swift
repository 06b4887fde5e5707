import TaskGridCore
import WebSupport

/// One worker.
struct WorkerReport: Encodable {
    static let schema = JSONSchema.object([
        "state": .workerState, "left_reason": .string.nullable, "types": .array(of: .taskType), "host": .string, "pid": .integer,
        "version": .string, "concurrency": .integer, "prefetch": .integer, "batch": .boolean, "started": .optionalTime,
        "last_seen_seconds_ago": .number, "running_tasks": .integer,
        "running": .array(of: .taskID).atMost(items: WorkerStatistics.maximumRunning).described("The tasks that it runs, or some of them."),
        "waiting_tasks": .integer, "done": .integer, "failed": .integer,
        "succeeded_since_monitor_start": .integer, "failed_since_monitor_start": .integer, "average_processing_time_ms": .milliseconds,
    ]).named("Worker")

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
    /// The ids of the tasks that it runs, or of some of them.
    var runningTasks: [TaskID]
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
        case runningTasks = "running"
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
        runningTasks = statistics.running
        waiting = statistics.waitingTasks
        done = worker.done
        failed = worker.failed
        seenSucceeded = statistics.succeeded
        seenFailed = statistics.failed
        average = statistics.averageRunTime.map { ($0 / 1000).rounded3 }
    }
}
