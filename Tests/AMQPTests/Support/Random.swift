import AMQP
import Foundation
import TaskGridCore
import TestSupport

/// Anything that a message may hold.
extension Seeded {
    /// Text of at most 250 bytes, some of its characters of several.
    mutating func text() -> String {
        String((0..<number(0...20)).map { _ in Array("abc-_.059 é日👩‍🚀").randomElement(using: &self)! })
    }

    mutating func field(depth: Int = 0) -> FieldValue {
        switch number(0...(depth < 3 ? 8 : 6)) {
        case 0: .bool(coin())
        case 1: .int(.random(in: .min ... .max, using: &self))
        case 2: .double(.random(in: -1e9...1e9, using: &self))
        case 3: .string(text())
        case 4: .bytes(bytes(0...30))
        case 5: .timestamp(.random(in: 0 ... .max, using: &self))
        case 6: .void
        case 7: .array((0..<number(0...4)).map { _ in field(depth: depth + 1) })
        default: .table(table(depth: depth + 1))
        }
    }

    mutating func table(depth: Int = 0) -> FieldTable {
        var table: FieldTable = [:]
        for _ in 0..<number(0...4) { table[text()] = field(depth: depth) }
        return table
    }

    mutating func properties() -> BasicProperties {
        BasicProperties(
            contentType: maybe { $0.text() }, headers: coin() ? table() : [:], isPersistent: coin(),
            priority: maybe { UInt8($0.number(0...255)) }, correlationID: maybe { $0.text() }, replyTo: maybe { $0.text() },
            expiration: maybe { .milliseconds($0.number(0...1 << 40)) }, messageID: maybe { $0.text() },
            timestamp: maybe { .random(in: 0 ... .max, using: &$0) }, type: maybe { $0.text() }, userID: maybe { $0.text() },
            appID: maybe { $0.text() }
        )
    }
}
