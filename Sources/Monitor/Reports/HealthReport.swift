import TaskGridCore

/// What `/healthz` answers: whether the monitor does its work, and if not, why.
struct HealthReport: Encodable {
    var status: String
    /// Why the monitor is not well; null where it is.
    @Nullable var reason: String?
    var isConnected: Bool
    /// Since the latest event or heartbeat came; null where none did. In a grid without workers and dispatcher none
    /// comes, so that this is for people to judge.
    @Nullable var lastEvent: Double?

    enum CodingKeys: String, CodingKey {
        case status, reason
        case isConnected = "connected_to_broker"
        case lastEvent = "last_event_seconds_ago"
    }

    init(isConnected: Bool, lastEvent: Timestamp?, at now: Timestamp) {
        self.isConnected = isConnected
        status = isConnected ? "ok" : "unavailable"
        reason = isConnected ? nil : "not connected to the broker; trying again until it answers"
        self.lastEvent = lastEvent.map { (now - $0).rounded3 }
    }
}
