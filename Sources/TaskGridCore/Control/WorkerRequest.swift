package import AMQP

/// A request to one worker through the control exchange, key the worker's id. The message's `type` property is the request's name; its JSON
/// is `{}`.
package enum WorkerRequest: String, Hashable, Sendable, Codable, CaseIterable {
    /// Take no more tasks, and give back those that wait; running tasks go on. The worker's heartbeats then say `quiet`.
    case quiet
    /// Take tasks again.
    case resume
    /// End, as on SIGTERM: give back what waits, and finish what runs.
    case stop
}

extension WorkerRequest {
    /// nil for a message that is no such request.
    package init?(_ message: Message) {
        guard let request = message.properties.type.flatMap(WorkerRequest.init) else { return nil }
        self = request
    }

    /// The message to publish to `<p>.control`.
    package func message() -> Message {
        Message(properties: BasicProperties(contentType: WireFormat.jsonContentType, type: rawValue), body: JSON.encode([String: String]()))
    }
}
