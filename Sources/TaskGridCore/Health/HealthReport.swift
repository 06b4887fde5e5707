public import AMQP

/// What `/healthz` of a service answers, as JSON.
///
/// | field | what |
/// |---|---|
/// | `service`, `id`, `version` | which service this is |
/// | `healthy` | whether it does its work; the HTTP status is 200 or 503 accordingly |
/// | `standing` | `starting`, `standby`, `serving` or `stopping` |
/// | `reasons` | why it is not healthy; empty where it is |
/// | `loops` | each loop: `name`, `state` (`waiting`, `working`, `ended`), `seconds` in that state |
/// | `connections` | each connection: `name`, `state` (`connected`, `blocked`, `unconnected`, `locked`, `closed`), `seconds`, `detail` |
public struct HealthReport: Hashable, Sendable, Codable {
    public struct Loop: Hashable, Sendable, Codable {
        public var name: String
        public var state: Pulse.State
        public var seconds: Double

        init(_ reading: LoopReading) {
            name = reading.name
            state = reading.state
            seconds = reading.time.seconds3
        }
    }

    public struct Connection: Hashable, Sendable, Codable {
        public var name: String
        public var state: ConnectionReading.State
        public var seconds: Double
        public var detail: String?

        init(_ reading: ConnectionReading, at now: ContinuousClock.Instant) {
            name = reading.name
            state = reading.state
            seconds = reading.since.duration(to: now).seconds3
            detail = reading.detail
        }
    }

    public var service: String
    public var id: String
    public var version: String
    public var healthy: Bool
    public var standing: Vitals.Standing
    public var reasons: [String] {
        didSet { healthy = reasons.isEmpty }
    }
    public var loops: [Loop] = []
    public var connections: [Connection] = []

    init(service: String, id: String, standing: Vitals.Standing) {
        self.service = service
        self.id = id
        self.standing = standing
        version = TaskGridVersion.current
        reasons = []
        healthy = true
    }
}
