import AMQP
import Foundation
import TaskGridCore
import TestSupport

/// Makes a message worse at random.
struct Mutation {
    var random: Seeded

    private static let headers = [
        "taskgrid-attempt", "taskgrid-status", "taskgrid-error", "taskgrid-timeout-ms", "taskgrid-max-attempts", "taskgrid-due",
        "taskgrid-expires", "taskgrid-run-us", "taskgrid-store", "taskgrid-worker", "taskgrid-announce", "taskgrid-count", "taskgrid-proof",
        "traceparent",
    ]
    private static let contentTypes = [
        nil, "application/json", "application/vnd.taskgrid.batch+protobuf; v=1", "application/vnd.taskgrid.batch+protobuf; v=3",
        "application/vnd.taskgrid.x", "text/plain", "",
    ]

    mutating func mutate(_ message: Message, and other: Message) -> Message {
        var message = message
        for _ in 0..<random.number(1...4) {
            switch random.number(0...7) {
            case 0: message.body = message.body.prefix(random.number(0...max(0, min(4096, message.body.count))))
            case 1, 2: flip(&message.body)
            case 3: message.body = other.body
            case 4: message.body.append(contentsOf: (0..<random.number(1...30)).map { _ in UInt8(random.number(0...255)) })
            case 5: message.properties.contentType = Self.contentTypes[random.number(0...Self.contentTypes.count - 1)]
            case 6: message.properties.headers[Self.headers[random.number(0...Self.headers.count - 1)]] = value()
            default: property(&message.properties)
            }
        }
        return message
    }

    private mutating func flip(_ body: inout Data) {
        guard !body.isEmpty else {
            body = Data([UInt8(random.number(0...255))])
            return
        }
        for _ in 0..<random.number(1...3) {
            let place = body.startIndex + random.number(0...body.count - 1)
            body[place] ^= 1 << UInt8(random.number(0...7))
        }
    }

    private mutating func value() -> FieldValue? {
        switch random.number(0...9) {
        case 0: nil
        case 1: .void
        case 2: .bool(.random(using: &random))
        case 3: .int([.min, -1, 0, 1, 1 << 31, 1 << 53, .max][random.number(0...6)])
        case 4: .double([.nan, .infinity, -0.0, 1e300][random.number(0...3)])
        case 5: .bytes(Data([0xFF, 0xFE, UInt8(random.number(0...255))]))
        case 6: .timestamp(.max)
        case 7: .array([.int(1), .void, .string("x")])
        case 8: .table(["a": .array([.table([:])])])
        default: .string(text())
        }
    }

    private mutating func property(_ properties: inout BasicProperties) {
        switch random.number(0...5) {
        case 0: properties.type = random.number(0...2) == 0 ? nil : text()
        case 1: properties.messageID = random.number(0...2) == 0 ? nil : text()
        case 2: properties.replyTo = random.number(0...2) == 0 ? nil : text()
        case 3: properties.appID = text()
        case 4: properties.priority = UInt8(random.number(0...255))
        default: properties.timestamp = random.next()
        }
    }

    private mutating func text() -> String {
        [
            "", "0", "-1", "9223372036854775807", "9223372036854775808", "tasks", "cancel", "retry", "heartbeat", "register", "matches",
            "invalid_input: x", "succeeded", "failed", "started", "\u{0}", "é💥", "#", "*.*", "a b", String(repeating: "z", count: 255),
        ][random.number(0...20)]
    }
}
