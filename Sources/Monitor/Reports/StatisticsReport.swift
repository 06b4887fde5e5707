import TaskGridCore
import WebSupport

/// The answer of `/stats`: the fields of `WorkReport` for all types together, and under `types` those of `TypeReport` for each.
struct StatisticsReport: WebReport {
    static let schema = WorkReport.schema.extended(with: [
        "types": .map(of: TypeReport.schema), "workers": .map(of: WorkerReport.schema), "events": .array(of: GridEventReport.schema),
        "alerts": .array(of: AlertReport.schema), "broker": BrokerReport.schema, "at": .time,
        "data_at": .string.nullable.described("When the newest data came from the dispatcher."),
        "since": .time, "uptime_seconds": .number,
        "store": .string.nullable, "ignored_messages": .integer,
    ]).named("Statistics")

    var head: StatisticsHead
    var types: [TaskType: TypeReport]
    var workers: [String: WorkerReport]
    /// The grid's latest events, the oldest first.
    var events: [GridEventReport]
    /// The alerts: conditions that are worth a person's time now.
    var alerts: [AlertReport]

    enum CodingKeys: String, CodingKey {
        case types, workers, events, alerts
    }

    init(_ state: GridState.Snapshot, at now: Timestamp) {
        let statistics = state.statistics
        let uptime = now - statistics.since
        let active = state.activeWorkers(at: now)
        head = StatisticsHead(state, activeWorkers: active?.all, at: now)
        var types = statistics.types
        // A type that has workers and no tasks yet is shown too.
        for type in (active?.byType ?? [:]).keys where types[type] == nil && types.count < statistics.maximumTypes {
            types[type] = TypeStatistics()
        }
        self.types = Dictionary(
            uniqueKeysWithValues: types.map { type, work in
                (type, TypeReport(work, of: type, activeWorkers: active?[type], uptime: uptime, at: now))
            }
        )
        workers = WorkersReport(state, at: now).workers
        events = statistics.gridEvents.map(GridEventReport.init)
        alerts = state.alerts.current.map(AlertReport.init)
    }

    func encode(to encoder: any Encoder) throws {
        try head.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(types, forKey: .types)
        try container.encode(workers, forKey: .workers)
        try container.encode(events, forKey: .events)
        try container.encode(alerts, forKey: .alerts)
    }
}
