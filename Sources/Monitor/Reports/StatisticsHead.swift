package import TaskGridCore

/// The fields of all types together, with which `/stats` and the stream of events begin.
package struct StatisticsHead: Encodable, Sendable {
    package var all: WorkReport
    /// The monitor's connections to the broker.
    package var broker: BrokerReport
    /// The monitor's time.
    package var at: String
    /// When the newest data came from the dispatcher; null until it is heard. A dispatcher that runs is heard each second.
    @Nullable package var dataAt: String?
    /// When the monitor began.
    package var since: String
    package var uptime: Double
    /// The identity of the dispatcher's store; null until it is known.
    @Nullable package var store: String?
    /// Messages about types and workers beyond those that the monitor can keep.
    package var ignored: Int

    private enum CodingKeys: String, CodingKey {
        case broker, at, since, store
        case uptime = "uptime_seconds"
        case dataAt = "data_at"
        case ignored = "ignored_messages"
    }

    init(_ state: GridState.Snapshot, activeWorkers: Int?, at now: Timestamp) {
        let statistics = state.statistics
        let uptime = now - statistics.since
        all = WorkReport(statistics, activeWorkers: activeWorkers, at: now)
        dataAt = statistics.newestData?.description
        broker = state.broker
        at = now.description
        since = statistics.since.description
        self.uptime = uptime.rounded3
        store = statistics.store
        ignored = statistics.ignored
    }

    package func encode(to encoder: any Encoder) throws {
        try all.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(broker, forKey: .broker)
        try container.encode(at, forKey: .at)
        try container.encode(_dataAt, forKey: .dataAt)
        try container.encode(since, forKey: .since)
        try container.encode(uptime, forKey: .uptime)
        try container.encode(_store, forKey: .store)
        try container.encode(ignored, forKey: .ignored)
    }
}
