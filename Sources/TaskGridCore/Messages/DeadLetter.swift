package import AMQP
import Foundation

extension Publication {
    /// A message that cannot be used, on its way to the dead-letter exchange, with the reason in a header: the only place where such a
    /// publication is made.
    ///
    /// Anything that would keep it from being published again is left out or cut: long or nested headers, and names that grew past
    /// AMQP's 255 bytes when what was not UTF-8 in them was replaced. A longer body is cut, and its size noted in a header.
    package static func deadLetter(_ message: Message, because reason: String, _ topology: Topology) -> Publication {
        Publication(exchange: topology.dead.name, routingKey: "", message: message.dead(because: reason))
    }

    /// The replacement of a message that is larger than the broker takes: for an answer the error that says so, for a dead letter
    /// its properties alone. Nil where nothing less can be said.
    package func smaller(than limit: Int, _ topology: Topology) -> Publication? {
        var smaller = self
        if exchange == topology.reply.name, AnswerMessage.isAnswer(message) {
            smaller.message = AnswerMessage.replacing(
                message, because: "it has \(message.body.count) bytes, and the broker takes \(limit) at most")
        } else if exchange == topology.dead.name {
            smaller.message.body = Data()
        }
        return smaller.message.body.count <= limit ? smaller : nil
    }
}

extension Message {
    /// The message of a dead letter.
    func dead(because reason: String) -> Message {
        func short(_ text: String?) -> String? { text.map { $0.cut(toUTF8: WireFormat.maximumNameLength) } }
        var properties = properties
        let kept = properties.headers.filter { $0.value.isShort && $0.key.utf8.count <= WireFormat.maximumNameLength }
        properties.headers = kept.count > 32 ? [:] : kept
        properties.headers[WireFormat.Header.deadAt] = .int(Timestamp.now().rawValue)
        properties.headers[WireFormat.Header.reason] = .string(reason.cut(toUTF8: TaskError.maximumMessageLength))
        // Nobody may publish in the name of another.
        properties.headers[WireFormat.Header.user] = short(properties.userID).map { .string($0) }
        properties.userID = nil
        let limit = WireFormat.maximumDeadBodySize
        if body.count > limit { properties.headers[WireFormat.Header.size] = .int(Int64(body.count)) }
        // Dead letters wait for people, also while the broker restarts.
        properties.expiration = nil
        properties.isPersistent = true
        properties.contentType = short(properties.contentType)
        properties.correlationID = short(properties.correlationID)
        properties.replyTo = short(properties.replyTo)
        properties.messageID = short(properties.messageID)
        properties.type = short(properties.type)
        properties.appID = short(properties.appID)
        return Message(properties: properties, body: body.count > limit ? Data(body.prefix(limit)) : body)
    }
}

extension FieldValue {
    fileprivate var isShort: Bool {
        switch self {
        case .bool, .int, .double, .timestamp, .void: true
        case .string(let text): text.utf8.count <= 1024
        case .bytes, .array, .table: false
        }
    }
}
