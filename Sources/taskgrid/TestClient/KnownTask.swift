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

    private init(_ name: StaticString, _ payload: String, _ answer: String) {
        type = TaskType(literal: name)
        self.payload = payload
        self.answer = answer
    }

    /// Graphemes that stay apart whatever stands beside them.
    private static func reverse(_ generator: inout some RandomNumberGenerator) -> KnownTask {
        let graphemes = ["a", "B", "7", " ", "é", "ß", "日", "本", "👍🏽", "👩‍🚀", "e\u{301}", "Ω", "!"]
        let pieces = pieces(of: graphemes, 1...60, &generator)
        return KnownTask("reverse", pieces.joined(), pieces.reversed().joined())
    }

    /// Hundredths, so that the sum is exact in integers.
    private static func sum(_ generator: inout some RandomNumberGenerator) -> KnownTask {
        let count = Int.random(in: 1...50, using: &generator)
        let hundredths = (0..<count).map { _ in Int.random(in: -1_000_000...1_000_000, using: &generator) }
        return KnownTask("sum", "[\(hundredths.map(decimal).joined(separator: ", "))]", decimal(hundredths.reduce(0, +)))
    }

    private static func decimal(_ hundredths: Int) -> String {
        let (whole, rest) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
        let fraction = rest == 0 ? "" : rest.isMultiple(of: 10) ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
        return "\(hundredths < 0 ? "-" : "")\(whole)\(fraction)"
    }

    private static func hash(_ generator: inout some RandomNumberGenerator) -> KnownTask {
        let text = pieces(of: ["a", "b", "c", "0", "1", " ", "é", "日"], 0...200, &generator).joined()
        return KnownTask("hash", text, SHA256.hexadecimal(Data(text.utf8)))
    }

    private static func upper(_ generator: inout some RandomNumberGenerator) -> KnownTask {
        let pairs = [("a", "A"), ("z", "Z"), ("Q", "Q"), ("ß", "SS"), ("é", "É"), ("ñ", "Ñ"), ("ω", "Ω"), ("ж", "Ж"), ("5", "5")]
        let chosen = (0..<Int.random(in: 1...60, using: &generator)).map { _ in pairs[Int.random(in: pairs.indices, using: &generator)] }
        return KnownTask("upper", chosen.map(\.0).joined(), chosen.map(\.1).joined())
    }

    private static func wait(_ generator: inout some RandomNumberGenerator) -> KnownTask {
        let text = decimal(Int.random(in: 0...200, using: &generator))
        return KnownTask("wait", text, text)
    }

    private static func pieces(of all: [String], _ count: ClosedRange<Int>, _ generator: inout some RandomNumberGenerator) -> [String] {
        (0..<Int.random(in: count, using: &generator)).map { _ in all[Int.random(in: all.indices, using: &generator)] }
    }
}
