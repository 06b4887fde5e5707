package import AMQP
import TaskGridCore

/// The answer of a service's `/healthz`, as JSON.
///
/// | field | what |
/// |---|---|
/// | `service`, `id`, `version` | which service this is |
/// | `healthy` | whether it does its work; the HTTP status is 200 or 503 accordingly |
/// | `state` | `starting`, `standby`, `serving` or `stopping` |
/// | `reasons` | why it is not healthy; empty where it is |
/// | `loops` | each loop: `name`, `state` (`waiting`, `working`, `ended`), `seconds` in that state |
/// | `connections` | each connection: `name`, `state` (`connected`, `blocked`, `unconnected`, `locked`, `closed`), `seconds`, `detail` |
package struct HealthReport: Hashable, Sendable, Codable {
    package struct Loop: Hashable, Sendable, Codable {
        package var name: String
        package var state: Pulse.State
        package var seconds: Double

        init(_ reading: LoopReading) {
            name = reading.name
            state = reading.state
            seconds = reading.time.seconds3
        }
    }

    package struct Connection: Hashable, Sendable, Codable {
        package var name: String
        package var state: ConnectionReading.State
        package var seconds: Double
        package var detail: String?

        init(_ reading: ConnectionReading, at now: ContinuousClock.Instant) {
            name = reading.name
            state = reading.state
            seconds = reading.since.duration(to: now).seconds3
            detail = reading.detail
        }
    }

    package var service: String
    package var id: String
    package var version: String
    package var healthy: Bool
    package var state: ServiceState
    package var reasons: [String] {
        didSet { healthy = reasons.isEmpty }
    }
    package var loops: [Loop] = []
    package var connections: [Connection] = []

    init(service: String, id: String, state: ServiceState) {
        self.service = service
        self.id = id
        self.state = state
        version = TaskGridVersion.current
        reasons = []
        healthy = true
    }
}
