import Foundation
import TaskGridCore

/// A task whose answer is known from how it was made, not from running anything of the workers'.
struct KnownTask: Sendable {
    let type: TaskType
    let payload: String
    let answer: String

    /// A random task of each type.
    static func each(using generator: inout some RandomNumberGenerator) -> [KnownTask] {
        [reverse(&generator), sum(&generator), hash(&generator), upper(&generator), wait(&generator)]
    }

    private init(_ name: StaticString, payload: String, answer: String) {
        type = TaskType(literal: name)
        self.payload = payload
        self.answer = answer
    }

    /// Graphemes that stay apart whatever stands beside them.
    private static func reverse(_ generator: inout some RandomNumberGenerator) -> KnownTask {
        let graphemes = ["a", "B", "7", " ", "é", "ß", "日", "本", "👍🏽", "👩‍🚀", "e\u{301}", "Ω", "!"]
        let pieces = pieces(of: graphemes, count: 1...60, using: &generator)
        return KnownTask("reverse", payload: pieces.joined(), answer: pieces.reversed().joined())
    }

    /// Hundredths, so that the sum is exact in integers.
    private static func sum(_ generator: inout some RandomNumberGenerator) -> KnownTask {
        let count = Int.random(in: 1...50, using: &generator)
        let hundredths = (0..<count).map { _ in Int.random(in: -1_000_000...1_000_000, using: &generator) }
        let payload = "[\(hundredths.map(decimal).joined(separator: ", "))]"
        return KnownTask("sum", payload: payload, answer: decimal(hundredths.reduce(0, +)))
    }

    private static func decimal(_ hundredths: Int) -> String {
        let (whole, rest) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
        let fraction = rest == 0 ? "" : rest.isMultiple(of: 10) ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
        return "\(hundredths < 0 ? "-" : "")\(whole)\(fraction)"
    }

    private static func hash(_ generator: inout some RandomNumberGenerator) -> KnownTask {
        let text = pieces(of: ["a", "b", "c", "0", "1", " ", "é", "日"], count: 0...200, using: &generator).joined()
        return KnownTask("hash", payload: text, answer: SHA256.hexadecimal(Data(text.utf8)))
    }

    private static func upper(_ generator: inout some RandomNumberGenerator) -> KnownTask {
        let pairs = [("a", "A"), ("z", "Z"), ("Q", "Q"), ("ß", "SS"), ("é", "É"), ("ñ", "Ñ"), ("ω", "Ω"), ("ж", "Ж"), ("5", "5")]
        let chosen = (0..<Int.random(in: 1...60, using: &generator)).map { _ in pairs[Int.random(in: pairs.indices, using: &generator)] }
        return KnownTask("upper", payload: chosen.map(\.0).joined(), answer: chosen.map(\.1).joined())
    }

    private static func wait(_ generator: inout some RandomNumberGenerator) -> KnownTask {
        let text = decimal(Int.random(in: 0...200, using: &generator))
        return KnownTask("wait", payload: text, answer: text)
    }

    private static func pieces(
        of all: [String], count: ClosedRange<Int>, using generator: inout some RandomNumberGenerator
    ) -> [String] {
        (0..<Int.random(in: count, using: &generator)).map { _ in all[Int.random(in: all.indices, using: &generator)] }
    }
}
