package import AMQP

/// A request of the dispatcher to workers through the control exchange, key `type.<type>` or the worker's id: end these
/// attempts. JSON: `{"tasks": [[task, attempt], …]}`; the message's `type` property is `cancel`.
///
/// A worker that holds none of them ignores it.
package struct CancelRequest: Hashable, Sendable, Codable {
    /// The message's `type` property.
    package static let name = "cancel"
    /// The most attempts that one request names.
    package static let maximumTasks = 10_000

    package var tasks: [RegistryMessage.Held]

    package init(tasks: [RegistryMessage.Held]) {
        self.tasks = tasks
    }
}

extension CancelRequest {
    package init(_ message: Message) throws(WireError) {
        self = try JSON.decode(CancelRequest.self, message.body)
        guard tasks.count <= Self.maximumTasks else {
            throw WireError(.tooLarge, "tasks: \(tasks.count) attempts; at most \(Self.maximumTasks)")
        }
    }

    /// The message to publish to `<p>.control`.
    package func message() -> Message {
        Message(
            properties: BasicProperties(contentType: WireFormat.jsonContentType, type: Self.name), body: JSON.encode(self)
        )
    }
}
