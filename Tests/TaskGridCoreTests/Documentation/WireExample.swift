import AMQP
import Foundation
import TaskGridCore

/// An example of the wire's specification: a fenced block whose first word is `wire`.
struct WireExample: Sendable {
    /// The words after `wire`: what the message is.
    var kind: [String]
    var exchange = ""
    var routingKey = ""
    var message = Message()
    /// The line of its first fence.
    var line: Int

    /// A block that is not written as the specification says blocks are.
    struct Unreadable: Error {
        var line: Int
        var text: String
    }

    static let specification = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/TaskGridCore/TaskGridCore.docc/Wire.md")

    static func text() throws -> String { try String(contentsOf: specification, encoding: .utf8) }

    static func all() throws -> [WireExample] {
        var examples: [WireExample] = []
        var block: (WireExample, [String])?
        for (index, line) in try text().split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let (example, lines) = block {
                guard line == "```" else {
                    block = (example, lines + [String(line)])
                    continue
                }
                examples.append(try example.reading(lines))
                block = nil
            } else if line.hasPrefix("```wire") {
                block = (WireExample(kind: line.split(separator: " ").dropFirst().map(String.init), line: index + 1), [])
            }
        }
        guard block == nil else { throw Unreadable(line: examples.last?.line ?? 0, text: "a block without end") }
        return examples
    }

    private func reading(_ lines: [String]) throws -> WireExample {
        var example = self
        for (index, line) in lines.enumerated() {
            guard let colon = line.firstIndex(of: ":") else { throw Unreadable(line: self.line + index, text: line) }
            let name = String(line[..<colon])
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            let rest = ([value] + lines[(index + 1)...]).joined(separator: "\n")
            switch name {
            case "exchange": example.exchange = value
            case "routing-key": example.routingKey = value
            case "type": example.message.properties.type = value
            case "message-id": example.message.properties.messageID = value
            case "correlation-id": example.message.properties.correlationID = value
            case "reply-to": example.message.properties.replyTo = value
            case "user-id": example.message.properties.userID = value
            case "app-id": example.message.properties.appID = value
            case "content-type": example.message.properties.contentType = value
            case "delivery-mode": example.message.properties.isPersistent = value == "2"
            case "expiration": example.message.properties.expiration = Int64(value).map { .milliseconds($0) }
            case "priority": example.message.properties.priority = UInt8(value)
            case "body": example.message.body = Data(value.utf8)
            case "hex": example.message.body = try Self.bytes(value, self.line + index)
            case "json":
                example.message.body = Data(rest.utf8)
                return example
            default:
                guard name.hasPrefix("taskgrid-") else { throw Unreadable(line: self.line + index, text: line) }
                example.message.properties.headers[name] = try Self.header(value, self.line + index)
            }
        }
        return example
    }

    private static func header(_ text: String, _ line: Int) throws -> FieldValue {
        if let number = Int64(text) { return .int(number) }
        if text == "true" || text == "false" { return .bool(text == "true") }
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { throw Unreadable(line: line, text: text) }
        return .string(String(text.dropFirst().dropLast()))
    }

    private static func bytes(_ text: String, _ line: Int) throws -> Data {
        let digits = Array(text.filter { $0 != " " })
        guard digits.count % 2 == 0 else { throw Unreadable(line: line, text: text) }
        return Data(
            try stride(from: 0, to: digits.count, by: 2).map { index in
                guard let byte = UInt8(String(digits[index...index + 1]), radix: 16) else { throw Unreadable(line: line, text: text) }
                return byte
            }
        )
    }
}
