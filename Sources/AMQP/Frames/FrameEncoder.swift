import Foundation

/// Writes the frames that this side sends while a connection is open: publishes, consumes, acknowledgements, cancels, closes and
/// heartbeats (AMQP 0-9-1, section 4.2). Pure.
///
/// librabbitmq's own calls cost a `send` each, three for a publish; frames gathered here leave in one. The bytes are the
/// library's to the letter, which a test holds against its encoder.
struct FrameEncoder {
    private(set) var bytes: [UInt8] = []
    /// The most bytes of a body that one frame carries.
    private let bodyLimit: Int
    /// The connection's user, whom every message names; nil: none is named.
    private let user: String?

    init(maximumFrameSize: Int, user: String? = nil) {
        bodyLimit = max(1, maximumFrameSize - 8)
        self.user = user
    }

    /// Takes what was written.
    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    mutating func publish(_ publication: Publication, channel: UInt16) {
        method(channel, class: 60, method: 40) { encoder in
            encoder.integer(UInt16(0))
            encoder.shortString(publication.exchange)
            encoder.shortString(publication.routingKey)
            encoder.integer(UInt8(publication.isMandatory ? 1 : 0))
        }
        let body = publication.message.body
        frame(type: 2, channel) { encoder in
            encoder.integer(UInt16(60))
            encoder.integer(UInt16(0))
            encoder.integer(UInt64(body.count))
            encoder.properties(publication.message.properties)
        }
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(bodyLimit)
            frame(type: 3, channel) { $0.bytes.append(contentsOf: piece) }
            rest = rest.dropFirst(piece.count)
        }
    }

    /// Asks for deliveries; the answer comes among the frames.
    mutating func consume(_ queue: String, consumerTag: String, channel: UInt16) {
        method(channel, class: 60, method: 20) { encoder in
            encoder.integer(UInt16(0))
            encoder.shortString(queue)
            encoder.shortString(consumerTag)
            encoder.integer(UInt8(0))
            encoder.table([:])
        }
    }

    /// Says how many unacknowledged deliveries each consumer of the channel that is made from now on may have; the answer comes
    /// among the frames (AMQP 0-9-1, `basic.qos`, as RabbitMQ reads it).
    mutating func prefetch(_ count: UInt16, channel: UInt16) {
        method(channel, class: 60, method: 10) { encoder in
            encoder.integer(UInt32(0))
            encoder.integer(count)
            encoder.integer(UInt8(0))
        }
    }

    mutating func ack(_ tag: UInt64, multiple: Bool, channel: UInt16) {
        method(channel, class: 60, method: 80) { encoder in
            encoder.integer(tag)
            encoder.integer(UInt8(multiple ? 1 : 0))
        }
    }

    mutating func cancel(consumerTag: String, channel: UInt16) {
        method(channel, class: 60, method: 30) { encoder in
            encoder.shortString(consumerTag)
            encoder.integer(UInt8(0))
        }
    }

    /// Asks the broker to close a channel (AMQP 0-9-1, `channel.close`); the answer comes among the frames.
    mutating func channelClose(channel: UInt16) {
        method(channel, class: 20, method: 40) { encoder in
            encoder.integer(UInt16(200))
            encoder.shortString("")
            encoder.integer(UInt16(0))
            encoder.integer(UInt16(0))
        }
    }

    mutating func channelCloseOK(channel: UInt16) {
        method(channel, class: 20, method: 41) { _ in }
    }

    mutating func connectionCloseOK() {
        method(0, class: 10, method: 51) { _ in }
    }

    mutating func heartbeat() {
        frame(type: 8, 0) { _ in }
    }

    // MARK: Parts

    private mutating func method(_ channel: UInt16, class: UInt16, method: UInt16, _ arguments: (inout FrameEncoder) -> Void) {
        frame(type: 1, channel) { encoder in
            encoder.integer(`class`)
            encoder.integer(method)
            arguments(&encoder)
        }
    }

    private mutating func frame(type: UInt8, _ channel: UInt16, _ payload: (inout FrameEncoder) -> Void) {
        integer(type)
        integer(channel)
        measured(payload)
        integer(UInt8(0xCE))
    }

    /// Writes a 32-bit length and what `content` writes, which it counts.
    private mutating func measured(_ content: (inout FrameEncoder) -> Void) {
        let start = bytes.count
        integer(UInt32(0))
        content(&self)
        let length = UInt32(bytes.count - start - 4)
        for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index)) }
    }

    private mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// At most 255 bytes; `Publication.check` refuses longer ones before they come here.
    private mutating func shortString(_ text: String) {
        integer(UInt8(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func properties(_ properties: BasicProperties) {
        let userID = properties.userID ?? user
        var flags: UInt16 = 0
        if properties.contentType != nil { flags |= 1 << 15 }
        if !properties.headers.isEmpty { flags |= 1 << 13 }
        flags |= 1 << 12
        if properties.priority != nil { flags |= 1 << 11 }
        if properties.correlationID != nil { flags |= 1 << 10 }
        if properties.replyTo != nil { flags |= 1 << 9 }
        if properties.expiration != nil { flags |= 1 << 8 }
        if properties.messageID != nil { flags |= 1 << 7 }
        if properties.timestamp != nil { flags |= 1 << 6 }
        if properties.type != nil { flags |= 1 << 5 }
        if userID != nil { flags |= 1 << 4 }
        if properties.appID != nil { flags |= 1 << 3 }
        integer(flags)
        if let contentType = properties.contentType { shortString(contentType) }
        if !properties.headers.isEmpty { table(properties.headers) }
        integer(UInt8(properties.isPersistent ? 2 : 1))
        if let priority = properties.priority { integer(priority) }
        if let correlationID = properties.correlationID { shortString(correlationID) }
        if let replyTo = properties.replyTo { shortString(replyTo) }
        if let expiration = properties.expiration { shortString(String(max(0, expiration.milliseconds))) }
        if let messageID = properties.messageID { shortString(messageID) }
        if let timestamp = properties.timestamp { integer(timestamp) }
        if let type = properties.type { shortString(type) }
        if let userID { shortString(userID) }
        if let appID = properties.appID { shortString(appID) }
    }

    private mutating func table(_ table: FieldTable) {
        measured { encoder in
            for (key, value) in table {
                encoder.shortString(key)
                encoder.field(value)
            }
        }
    }

    private mutating func field(_ value: FieldValue) {
        switch value {
        case .bool(let value):
            integer(UInt8(ascii: "t"))
            integer(UInt8(value ? 1 : 0))
        case .int(let value):
            integer(UInt8(ascii: "l"))
            integer(value)
        case .double(let value):
            integer(UInt8(ascii: "d"))
            integer(value.bitPattern)
        case .string(let value):
            integer(UInt8(ascii: "S"))
            integer(UInt32(value.utf8.count))
            bytes.append(contentsOf: value.utf8)
        case .bytes(let value):
            integer(UInt8(ascii: "x"))
            integer(UInt32(value.count))
            bytes.append(contentsOf: value)
        case .timestamp(let value):
            integer(UInt8(ascii: "T"))
            integer(value)
        case .array(let values):
            integer(UInt8(ascii: "A"))
            measured { encoder in for value in values { encoder.field(value) } }
        case .table(let value):
            integer(UInt8(ascii: "F"))
            table(value)
        case .void:
            integer(UInt8(ascii: "V"))
        }
    }
}

extension Publication {
    /// Refuses what AMQP cannot carry: short strings end at 255 bytes, and headers must fit one frame.
    func check(maximumFrameSize: Int) throws(AMQPError) {
        let properties = message.properties
        let named: [(String, String?)] = [
            ("exchange", exchange), ("routing key", routingKey), ("content-type", properties.contentType),
            ("correlation-id", properties.correlationID), ("reply-to", properties.replyTo), ("message-id", properties.messageID),
            ("type", properties.type), ("user-id", properties.userID), ("app-id", properties.appID),
        ]
        for (name, value) in named where (value?.utf8.count ?? 0) > 255 {
            throw AMQPError(.badMessage, "the message's \(name) has \(value?.utf8.count ?? 0) bytes; AMQP carries 255")
        }
        guard FieldValue.table(properties.headers).hasShortNames else {
            throw AMQPError(.badMessage, "the message has a header with a name over 255 bytes")
        }
        let size = properties.headers.reduce(0) { $0 + $1.key.utf8.count + $1.value.size + 8 }
        guard size < maximumFrameSize - 4096 else {
            throw AMQPError(.badMessage, "the message's headers have \(size) bytes; \(maximumFrameSize - 4096) fit a frame")
        }
        guard FieldValue.table(properties.headers).hasFiniteNumbers else {
            throw AMQPError(.badMessage, "a header is an infinite number or none at all (NaN), for which RabbitMQ closes the connection")
        }
        guard !isMandatory || properties.messageID != nil else {
            throw AMQPError(.badMessage, "a mandatory message needs a message-id, by which it is known when it comes back")
        }
    }
}

extension FieldValue {
    /// No name in it, at any depth, has more than 255 bytes.
    fileprivate var hasShortNames: Bool {
        switch self {
        case .array(let values): values.allSatisfy(\.hasShortNames)
        case .table(let values): values.allSatisfy { $0.key.utf8.count <= 255 && $0.value.hasShortNames }
        default: true
        }
    }

    /// All floating-point numbers in it are numbers, as Erlang's are: RabbitMQ's parser fails on others.
    fileprivate var hasFiniteNumbers: Bool {
        switch self {
        case .double(let value): value.isFinite
        case .array(let values): values.allSatisfy(\.hasFiniteNumbers)
        case .table(let values): values.allSatisfy { $0.value.hasFiniteNumbers }
        default: true
        }
    }

    /// About how many bytes the value takes in a table.
    fileprivate var size: Int {
        switch self {
        case .bool, .int, .double, .timestamp, .void: 9
        case .string(let value): value.utf8.count + 5
        case .bytes(let value): value.count + 5
        case .array(let values): values.reduce(5) { $0 + $1.size }
        case .table(let values): values.reduce(5) { $0 + $1.key.utf8.count + 1 + $1.value.size }
        }
    }
}
