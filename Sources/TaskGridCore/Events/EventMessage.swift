package import AMQP

extension Message {
    /// An event for the events exchange. Events are transient: nobody waits for one.
    package static func event(_ event: some Encodable) -> Message {
        Message(properties: BasicProperties(contentType: WireFormat.jsonContentType), body: JSON.encode(event))
    }
}
