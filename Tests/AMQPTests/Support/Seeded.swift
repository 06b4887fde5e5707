import Foundation
import TaskGridCore
import Testing

/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }

    mutating func coin() -> Bool { .random(using: &self) }

    mutating func maybe<Value>(_ value: (inout SplitMix64) -> Value) -> Value? { coin() ? value(&self) : nil }

    mutating func data(_ size: ClosedRange<Int>) -> Data { Data((0..<number(size)).map { _ in UInt8.random(in: 0...255, using: &self) }) }

    /// Text of at most 250 bytes, some of its characters of several.
    mutating func text() -> String { String((0..<number(0...20)).map { _ in Array("abc-_.059 é日👩‍🚀").randomElement(using: &self)! }) }

    mutating func field(depth: Int = 0) -> FieldValue {
        switch number(0...(depth < 3 ? 8 : 6)) {
        case 0: .bool(coin())
        case 1: .int(.random(in: .min ... .max, using: &self))
        case 2: .double(.random(in: -1e9...1e9, using: &self))
        case 3: .string(text())
        case 4: .bytes(data(0...30))
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
            timestamp: maybe { .random(in: 0 ... .max, using: &$0) }, type: maybe { $0.text() }, appID: maybe { $0.text() }
        )
    }
}

/// Runs a property over many seeds. A failure's comment says which seed; `TASKGRID_SEED` starts with it.
func forAll(_ runs: Int = 300, _ property: (inout SplitMix64, Comment) throws -> Void) rethrows {
    let first = ProcessInfo.processInfo.environment["TASKGRID_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...(.max >> 1))
    for run in 0..<runs {
        let seed = first &+ UInt64(run)
        var generator = SplitMix64(state: seed)
        try property(&generator, "TASKGRID_SEED=\(seed)")
    }
}
