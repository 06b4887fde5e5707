package import AMQP

/// A request of a service to workers through the control exchange, key `workers` or the worker's id: to send a heartbeat now, and how
/// often from then on. JSON: `{"interval_ms": 5000}`, or `{}` to leave the interval as it is; the message's `type` property is
/// `heartbeat`.
///
/// All that are asked at once answer within a moment of their own choice, so that their answers do not come at once.
package struct HeartbeatRequest: Hashable, Sendable, Codable {
    /// The message's `type` property.
    package static let name = "heartbeat"

    /// Milliseconds between two heartbeats; nil: as before. A worker never speaks more often than it was set up to.
    package var interval: Int?

    enum CodingKeys: String, CodingKey {
        case interval = "interval_ms"
    }

    package init(interval: Int? = nil) {
        self.interval = interval
    }
}

extension HeartbeatRequest {
    package init(_ message: Message) throws(WireError) {
        self = try JSON.decode(HeartbeatRequest.self, message.body)
        if let interval, !RegistryMessage.intervals.contains(interval) {
            throw WireError(
                .malformedBody, "interval_ms: \(RegistryMessage.intervals.lowerBound) to \(RegistryMessage.intervals.upperBound)")
        }
    }

    /// The message to publish to `<p>.control`.
    package func message() -> Message {
        Message(
            properties: BasicProperties(contentType: WireFormat.jsonContentType, type: Self.name), body: JSON.encode(self)
        )
    }
}
