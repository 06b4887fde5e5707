import AMQP
import Foundation
import TaskGridCore
import TestSupport

/// A file of the corpus: a message that no program of good will sends, and why it is hostile.
///
/// Fields that the file leaves out are as in a good message, so that the one thing that is wrong is what is met.
struct HostileMessage: Decodable {
    let why: String
    var contentType: String?
    var type: String?
    var messageId: String?
    var replyTo: String?
    var correlationId: String?
    var priority: UInt8?
    var timestamp: UInt64?
    var headers: [String: Value]?
    /// So many headers besides.
    var manyHeaders: Int?
    /// The properties and headers that it lacks.
    var without: [String]?
    /// The body: a text, or bytes in hexadecimal; so many times.
    var text: String?
    var hex: String?
    var times: Int?
    /// The only places that it is sent to.
    var only: [Place]?

    /// A header's value, one of these.
    struct Value: Decodable {
        var string: String?
        var `repeat`: String?
        var times: Int?
        var int: Int64?
        var double: Double?
        var bool: Bool?
        var hex: String?
        var timestamp: UInt64?
        var void: Bool?
        var array: [Value]?
        var table: [String: Value]?

        var value: FieldValue {
            if let string { return .string(string) }
            if let text = self.repeat { return .string(String(repeating: text, count: times ?? 1)) }
            if let int { return .int(int) }
            if let double { return .double(double) }
            if let bool { return .bool(bool) }
            if let hex { return .bytes(Data(hex: hex)) }
            if let timestamp { return .timestamp(timestamp) }
            if let array { return .array(array.map(\.value)) }
            if let table { return .table(table.mapValues(\.value)) }
            return .void
        }
    }

    /// All files, by name.
    static func corpus() throws -> [(name: String, message: HostileMessage)] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Corpus")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
            .map { ($0.deletingPathExtension().lastPathComponent, try decoder.decode(HostileMessage.self, from: Data(contentsOf: $0))) }
    }

    /// The id of a client or a worker of the test's user.
    private static let stranger = "stranger".owned(by: TestBroker.user)

    /// The message as it is sent to a place.
    func message(to place: Place, type good: TaskType) -> Message {
        var properties = BasicProperties(
            contentType: contentType, priority: priority, correlationID: correlationId, replyTo: replyTo ?? Self.stranger,
            messageID: messageId ?? "7", timestamp: timestamp, type: type ?? place.kind ?? good.name, appID: Self.stranger
        )
        properties.headers = [
            "taskgrid-store": "s", "taskgrid-attempt": 1, "taskgrid-status": "succeeded",
            "taskgrid-proof": .string(String(repeating: "0", count: 32)),
        ]
        for (name, value) in headers ?? [:] { properties.headers[name] = value.value }
        for number in 0..<(manyHeaders ?? 0) { properties.headers["h\(number)"] = .int(Int64(number)) }
        for name in without ?? [] {
            switch name {
            case "type": properties.type = nil
            case "message-id": properties.messageID = nil
            case "reply-to": properties.replyTo = nil
            case "app-id": properties.appID = nil
            default: properties.headers[name] = nil
            }
        }
        let part = hex.map { Data(hex: $0) } ?? Data((text ?? "").utf8)
        var body = Data(capacity: part.count * (times ?? 1))
        for _ in 0..<(times ?? 1) { body.append(part) }
        return Message(properties: properties, body: body)
    }
}

extension Data {
    init(hex: String) {
        let digits = hex.compactMap { $0.hexDigitValue.map(UInt8.init) }
        self.init(stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
}
