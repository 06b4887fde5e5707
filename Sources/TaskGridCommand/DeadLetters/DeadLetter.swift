import AMQP
import Foundation
import TaskGridCore

/// A message of the dead-letter queue: one that its receiver could not read.
struct DeadLetter: Hashable {
    let message: Message
    /// The users of the grid's services, which are believed in who sent the original.
    private let services: Set<String>

    init(message: Message, of topology: Topology) {
        self.message = message
        services = Set(topology.users.all)
    }

    private var properties: BasicProperties { message.properties }
    private var headers: FieldTable { properties.headers }

    /// Eight hexadecimal digits that stay the same however often the queue is read, and however far the letter has moved in it.
    var id: String {
        // FNV-1a: letters that are the same in all of this have one id.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        for part in [reason, at?.description, properties.type, properties.messageID, properties.correlationID, source] {
            add((part ?? "").utf8)
            add(CollectionOfOne(0))
        }
        add(message.body)
        let digits = String(UInt32(truncatingIfNeeded: hash ^ hash >> 32), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    var reason: String { headers[WireFormat.Header.reason]?.text ?? "no reason given" }

    /// From 1970 to the end of the year 9999, in milliseconds.
    private static let moments: Range<Int64> = 0..<253_402_300_800_000
    /// The most bytes that RabbitMQ takes in a message.
    private static let maximumSize = 512 << 20

    /// When it was found unreadable; nil where its header says none that can be: anybody may have written it.
    var at: Timestamp? {
        headers[WireFormat.Header.deadAt]?.integer.flatMap { Self.moments.contains($0) ? Timestamp(rawValue: $0) : nil }
    }

    var type: String? { properties.type }

    /// The user that sent it: as a service notes it that could not read it, else the one that published the letter itself, which the
    /// broker has verified; nil: it is not known. Everybody may publish letters, and name there whom he likes to blame.
    var user: String? {
        guard let publisher = properties.userID, services.contains(publisher) else { return properties.userID }
        return headers[WireFormat.Header.user]?.text
    }

    /// The worker or client that sent it, as far as it says.
    var source: String? { properties.appID ?? properties.replyTo }

    /// Bytes of the body, before it was cut; of the body as it is, where its header says a number that cannot be.
    var size: Int {
        let count = message.body.count
        guard let size = headers[WireFormat.Header.size]?.integer.flatMap({ Int(exactly: $0) }) else { return count }
        return (count...max(count, Self.maximumSize)).contains(size) ? size : count
    }
}

extension DeadLetter: Encodable {
    private enum CodingKeys: String, CodingKey {
        case id, at, reason, type, user, source, headers, body
        case messageID = "message_id"
        case correlationID = "correlation_id"
        case contentType = "content_type"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(at?.description, forKey: .at)
        try container.encode(reason, forKey: .reason)
        try container.encode(type, forKey: .type)
        try container.encode(user, forKey: .user)
        try container.encode(source, forKey: .source)
        try container.encode(properties.messageID, forKey: .messageID)
        try container.encode(properties.correlationID, forKey: .correlationID)
        try container.encode(properties.contentType, forKey: .contentType)
        try container.encode(headers.mapValues(HeaderReport.init), forKey: .headers)
        try container.encode(ContentReport(message.body, size: size), forKey: .body)
    }
}

/// A header in JSON.
struct HeaderReport: Encodable {
    let value: FieldValue

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value) where value.isFinite: try container.encode(value)
        case .double(let value): try container.encode("\(value)")
        case .string(let text): try container.encode(text)
        case .bytes(let bytes): try container.encode(bytes)
        case .timestamp(let seconds): try container.encode(seconds)
        case .array(let values): try container.encode(values.map(HeaderReport.init))
        case .table(let values): try container.encode(values.mapValues(HeaderReport.init))
        case .void: try container.encodeNil()
        }
    }

    /// For a line.
    var text: String {
        if case .string(let text) = value { text } else { String(decoding: JSON.encode(self), as: UTF8.self) }
    }
}
