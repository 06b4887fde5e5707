import TaskGridCore

/// What `/stats` answers: the fields of `WorkReport` for all types together, and under `types` for each.
struct StatisticsReport: Encodable {
    var all: WorkReport
    var types: [TaskType: WorkReport]
    var workers: [String: WorkerReport]
    /// The grid's latest events, the oldest first.
    var events: [GridEventReport]
    /// What is worth a person's time now.
    var alerts: [AlertReport]
    /// The monitor's connections to the broker.
    var broker: BrokerReport
    /// The monitor's time.
    var at: String
    /// When the monitor began.
    var since: String
    var uptime: Double
    /// The identity of the dispatcher's store; null until it is known.
    @Nullable var store: String?
    /// Messages about types and workers beyond those that the monitor can keep.
    var ignored: Int

    enum CodingKeys: String, CodingKey {
        case types, workers, events, alerts, broker, at, since, store
        case uptime = "uptime_seconds"
        case ignored = "ignored_messages"
    }

    init(_ state: Board.State, at now: Timestamp) {
        let statistics = state.statistics
        let uptime = now - statistics.since
        var active = 0
        var activeByType: [TaskType: Int] = [:]
        for worker in statistics.workers.values where worker.isActive(at: now) {
            active += 1
            for type in Set(worker.worker.types) { activeByType[type, default: 0] += 1 }
        }
        all = Self.all(statistics, activeWorkers: active, at: now)
        var types = statistics.types
        // A type that has workers and no tasks yet is shown too.
        for type in activeByType.keys where types[type] == nil && types.count < statistics.maximumTypes {
            types[type] = TypeStatistics()
        }
        self.types = Dictionary(
            uniqueKeysWithValues: types.map { type, work in
                let report = WorkReport(
                    activeWorkers: activeByType[type] ?? 0, states: work.states, breaker: work.breaker, isPaused: work.isPaused,
                    ended: work.throughput.ended(at: now), uptime: uptime, seen: work.seen, runTimes: work.runTimes,
                    totalTimes: work.totalTimes, at: now
                )
                return (type, report)
            }
        )
        workers = WorkersReport(statistics, at: now).workers
        events = statistics.gridEvents.map(GridEventReport.init)
        alerts = state.alerts.current.map(AlertReport.init)
        broker = state.broker
        at = now.description
        since = statistics.since.description
        self.uptime = uptime.rounded3
        store = statistics.store
        ignored = statistics.ignored
    }

    /// All types together.
    static func all(_ statistics: Statistics, activeWorkers: Int, at now: Timestamp) -> WorkReport {
        WorkReport(
            activeWorkers: activeWorkers, states: statistics.states, breaker: statistics.breaker, isPaused: statistics.isPaused,
            ended: statistics.ended(at: now), uptime: now - statistics.since, seen: statistics.seen, runTimes: statistics.runTimes,
            totalTimes: statistics.totalTimes, at: now
        )
    }

    func encode(to encoder: any Encoder) throws {
        try all.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(types, forKey: .types)
        try container.encode(workers, forKey: .workers)
        try container.encode(events, forKey: .events)
        try container.encode(alerts, forKey: .alerts)
        try container.encode(broker, forKey: .broker)
        try container.encode(at, forKey: .at)
        try container.encode(since, forKey: .since)
        try container.encode(uptime, forKey: .uptime)
        try container.encode(_store, forKey: .store)
        try container.encode(ignored, forKey: .ignored)
    }
}
