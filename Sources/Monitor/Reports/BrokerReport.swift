import AMQP
package import TaskGridCore
import WebSupport

/// How the monitor's own connections to the broker stand.
package struct BrokerReport: Encodable, Hashable, Sendable {
    static let schema = JSONSchema.object([
        "connected": .boolean, "blocked": .boolean, "alarm": .string.nullable, "problem": .string.nullable,
    ]).named("Broker")

    package var connected: Bool
    /// Whether the broker accepts no messages: a memory or disk alarm.
    package var blocked: Bool
    /// The broker's reason for that.
    @Nullable package var alarm: String?
    /// Why there is no connection.
    @Nullable package var problem: String?

    static let unknown = BrokerReport(connected: false, blocked: false, alarm: nil, problem: nil)

    init(connected: Bool, blocked: Bool = false, alarm: String? = nil, problem: String? = nil) {
        self.connected = connected
        self.blocked = blocked
        self.alarm = alarm
        self.problem = problem
    }

    init(_ connections: [ConnectionReading]) {
        let blocking = connections.first { $0.state == .blocked }
        let away = connections.first { $0.state != .connected && $0.state != .blocked }
        self.init(
            connected: away == nil && !connections.isEmpty, blocked: blocking != nil,
            alarm: blocking.map { $0.detail ?? "no reason given" },
            problem: away?.detail
        )
    }
}
