import Foundation
import TaskGridCore

extension LiveView {
    /// The most alerts and events that are shown, and the bytes of the text of each.
    private static let maximumAlerts = 20
    private static let maximumEvents = 12
    private static let maximumText = 240

    /// - `maximumTypes`: the most rows of types; the busiest are chosen.
    /// - `maximumWorkers`: the most rows of workers.
    init(
        _ state: Board.State, at now: Timestamp, maximumTypes: Int = Self.maximumTypes, maximumWorkers: Int = Self.maximumWorkers
    ) {
        let statistics = state.statistics
        let (active, activeByType) = statistics.activeWorkers(at: now)
        var types = Busiest<TaskType, TypeRank>(maximumTypes)
        for (type, work) in statistics.types { types.add(type, TypeRank(work, workers: activeByType[type] ?? 0, at: now)) }
        for (type, count) in activeByType where statistics.types[type] == nil {
            types.add(type, TypeRank(TypeStatistics(), workers: count, at: now))
        }
        var workers = Busiest<String, WorkerRank>(maximumWorkers)
        for (id, worker) in statistics.workers { workers.add(id, WorkerRank(worker, at: now)) }

        let alerts = state.alerts.current
        head = JSON.encode(
            LiveHead(
                statistics: StatisticsHead(state, activeWorkers: active, at: now), types: types.count, workers: workers.count,
                alerts: alerts.count
            )
        )
        lists["alerts"] = JSON.encode(
            alerts.prefix(Self.maximumAlerts).map { alert in
                var report = AlertReport(alert)
                report.message = String(report.message.unicodeScalars.prefix(Self.maximumText))
                return report
            }
        )
        lists["events"] = JSON.encode(
            statistics.gridEvents.suffix(Self.maximumEvents).map { event in
                var report = GridEventReport(event)
                report.message = String(report.message.unicodeScalars.prefix(Self.maximumText))
                return report
            }
        )
        var (typeRows, workerRows) = (Rows(), Rows())
        let uptime = now - statistics.since
        for type in types.keys {
            let work = statistics.types[type] ?? TypeStatistics()
            typeRows.add(type.name, LiveTypeRow(work, activeWorkers: activeByType[type] ?? 0, uptime: uptime, at: now))
        }
        for id in workers.keys {
            if let worker = statistics.workers[id] { workerRows.add(id, LiveWorkerRow(worker, at: now)) }
        }
        tables = ["types": typeRows, "workers": workerRows]
    }
}

/// How much a type wants to be seen: first one that is held back or that nobody serves, then the one that does most.
private struct TypeRank: Comparable {
    private let isHindered: Bool
    private let ended: Double
    private let open: Int
    private let total: Int

    init(_ work: TypeStatistics, workers: Int, at now: Timestamp) {
        isHindered = work.breaker != .closed || work.isPaused || (workers == 0 && work.states.due > 0)
        // In steps, so that rows of about the same rate do not change places each second.
        let rate = work.throughput.ended(at: now)
        ended = rate > 0 ? (rate.squareRoot() * 2).rounded(.up) : 0
        open = (work.states.due.saturatingAdding(work.states.running) > 0 ? 1 : 0) + (workers > 0 ? 1 : 0)
        total = work.states.submitted > 0 ? 1 : 0
    }

    private var order: (Int, Double, Int, Int) { (isHindered ? 1 : 0, ended, open, total) }

    static func < (lhs: Self, rhs: Self) -> Bool { lhs.order < rhs.order }
}

/// How much a worker wants to be seen: first those that live, then the one that has ended most tasks.
private struct WorkerRank: Comparable {
    private let isActive: Bool
    private let ended: Int

    init(_ worker: WorkerStatistics, at now: Timestamp) {
        isActive = worker.isActive(at: now)
        let count = Double(worker.succeeded.saturatingAdding(worker.failed))
        ended = count > 0 ? Int(saturating: count.squareRoot().rounded(.up)) : 0
    }

    static func < (lhs: Self, rhs: Self) -> Bool { (lhs.isActive ? 1 : 0, lhs.ended) < (rhs.isActive ? 1 : 0, rhs.ended) }
}

/// The fields of all types together, and how many there are of each thing of which the busiest are shown.
private struct LiveHead: Encodable {
    var statistics: StatisticsHead
    var types: Int
    var workers: Int
    var alerts: Int

    private enum CodingKeys: String, CodingKey {
        case types = "known_types"
        case workers = "known_workers"
        case alerts = "standing_alerts"
    }

    func encode(to encoder: any Encoder) throws {
        try statistics.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(types, forKey: .types)
        try container.encode(workers, forKey: .workers)
        try container.encode(alerts, forKey: .alerts)
    }
}

/// A type, as far as a table shows it: some of the fields of `WorkReport`.
private struct LiveTypeRow: Encodable {
    var tasks: TaskCounts
    var throughput: Double
    @Nullable var p50: Double?
    @Nullable var p95: Double?
    var activeWorkers: Int
    var breaker: BreakerState
    var isPaused: Bool

    enum CodingKeys: String, CodingKey {
        case tasks, breaker
        case throughput = "throughput_per_second"
        case p50 = "p50_ms"
        case p95 = "p95_ms"
        case activeWorkers = "active_workers"
        case isPaused = "paused"
    }

    init(_ work: TypeStatistics, activeWorkers: Int, uptime: Duration, at now: Timestamp) {
        tasks = work.states
        let times = work.runTimes.recent(at: now)
        p50 = times?.p50.milliseconds
        p95 = times?.p95.milliseconds
        let window = min(Throughput.window, max(.seconds(1), uptime))
        throughput = (work.throughput.ended(at: now) / window.seconds).rounded3
        self.activeWorkers = activeWorkers
        breaker = work.breaker
        isPaused = work.isPaused
    }
}

/// A worker, as far as a table shows it: some of the fields of `WorkerReport`.
private struct LiveWorkerRow: Encodable {
    /// The most types that are named.
    private static let maximumTypes = 10

    var state: String
    @Nullable var leftReason: String?
    var types: [TaskType]
    var typeCount: Int
    var host: String
    var pid: Int
    var version: String
    var concurrency: Int
    var started: String
    /// 0 for one that was heard within its time, so that a row that says nothing new stays as it is.
    var lastSeen: Int
    var running: Int
    var done: Int
    var failed: Int

    enum CodingKeys: String, CodingKey {
        case state, types, host, pid, version, concurrency, started, done, failed
        case leftReason = "left_reason"
        case typeCount = "type_count"
        case lastSeen = "last_seen_seconds_ago"
        case running = "running_tasks"
    }

    init(_ statistics: WorkerStatistics, at now: Timestamp) {
        let worker = statistics.worker
        state = statistics.state(at: now).rawValue
        leftReason = statistics.left?.reason.rawValue
        types = Array(worker.types.prefix(Self.maximumTypes))
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
