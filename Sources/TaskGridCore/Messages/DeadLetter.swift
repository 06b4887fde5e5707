public import AMQP
import Foundation

extension Message {
    /// The message as the exchange of the dead takes it, with the reason why nobody could use it in a header.
    ///
    /// What would keep it from being published again is left out or cut: long or nested headers, and names that grew past
    /// AMQP's 255 bytes when what was not UTF-8 in them was replaced. A longer body is cut, and its size noted in a header.
    public func dead(because reason: String) -> Message {
        func short(_ text: String?) -> String? { text.map { $0.cut(toUTF8: WireFormat.maximumNameLength) } }
        var properties = properties
        let kept = properties.headers.filter { $0.value.isShort && $0.key.utf8.count <= WireFormat.maximumNameLength }
        properties.headers = kept.count > 32 ? [:] : kept
        properties.headers[WireFormat.Header.reason] = .string(reason.cut(toUTF8: TaskError.maximumMessageLength))
        let limit = WireFormat.maximumDeadBodySize
        if body.count > limit { properties.headers[WireFormat.Header.size] = .int(Int64(body.count)) }
        // The dead wait for people.
        properties.expiration = nil
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
