import BuiltinWorkers
import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct SumTests {
    /// Each fits the way of small integers, their sum does not fit an `Int`.
    static let largeIntegers = "[\(Array(repeating: "999999999999999999", count: 10).joined(separator: ","))]"

    @Test(arguments: [
        ("[1,2,3]", "6"), ("[]", "0"), (" [ ] ", "0"), ("[0.1,0.2]", "0.3"), ("[-0]", "0"), ("[-0.0, 0e5]", "0"),
        ("[9007199254740993]", "9007199254740993"), ("[9223372036854775807,1]", "9223372036854775808"),
        (largeIntegers, "9999999999999999990"),
        ("[1e3]", "1000"), ("[1E+2, 5e-1]", "100.5"), ("[1.500]", "1.5"), ("[100.00]", "100"), ("[-1.5,0.25]", "-1.25"),
        ("[1e30,-1e30,1e-30]", "0.000000000000000000000000000001"), ("[12345678901234567890.5,0.5]", "12345678901234567891"),
        ("\n[\t1 ,\r2]\n", "3"), ("[0.30,-0.3]", "0"), ("[1e-2]", "0.01"), ("[-5]", "-5"), ("\u{FEFF}[1]", "1"),
    ])
    func `sums are exact`(_ payload: String, _ sum: String) async throws {
        #expect(try await run(Sum(), payload) == sum)
    }

    @Test(arguments: [
        (#"[1,"a"]"#, "element 1 is a string, not a number"), ("[null]", "element 0 is null, not a number"),
        ("[true]", "element 0 is a boolean, not a number"), ("[1,2,[3]]", "element 2 is an array, not a number"),
        ("[{}]", "element 0 is an object, not a number"), ("", "the payload is empty, not an array of numbers"),
        ("12", "the payload is a number, not an array of numbers"), (#"{"a":1}"#, "the payload is an object, not an array of numbers"),
        ("[1,2", "the array does not end"), ("[1,", "the array does not end"), ("[", "the array does not end"),
        ("[1] x", "'x' at byte 4, after the end of the array"), ("[1][2]", "'[' at byte 3, after the end of the array"),
        ("[1,]", "element 1 is no JSON value (']'), not a number"), ("[1 2]", "'2' at byte 3, where ',' or ']' has to be"),
        ("[01]", "element 0 has a leading zero"), ("[-]", "element 0 is not a number: it lacks an integer part"),
        ("[1.]", "element 0 is not a number: it lacks digits after its point"),
        ("[1e]", "element 0 is not a number: it lacks digits in its exponent"), ("[+1]", "element 0 is no JSON value ('+'), not a number"),
        ("[.5]", "element 0 is no JSON value ('.'), not a number"), ("[NaN]", "element 0 is no JSON value ('NaN'), not a number"),
        ("[1e10001]", "element 0 has an exponent beyond 10000"),
        ("[1e-99999999999999999999999]", "element 0 has an exponent beyond 10000"),
        ("foo", "the payload is no JSON value ('foo'), not an array of numbers"),
        ("nulls", "the payload is no JSON value ('nulls'), not an array of numbers"),
        ("true", "the payload is a boolean, not an array of numbers"), ("null", "the payload is null, not an array of numbers"),
        ("[1,tru]", "element 1 is no JSON value ('tru'), not a number"),
        ("\u{FEFF}1", "the payload is a number, not an array of numbers"),
        ("é", "the payload is no JSON value (the byte 0xC3), not an array of numbers"),
        ("\u{202E}[1]", "the payload is no JSON value (the byte 0xE2), not an array of numbers"),
        ("[1,\u{1}]", "element 1 is no JSON value (the byte 0x01), not a number"),
        ("[1\u{1}]", "the byte 0x01 at byte 2, where ',' or ']' has to be"),
    ])
    func `an input that is no list of numbers is refused with the place of the mistake`(_ payload: String, _ message: String) async {
        #expect(await refusal(Sum(), payload) == TaskError(.invalidInput, message))
    }

    @Test func `deep nesting and endless digits are refused`() async {
        #expect(await refusal(Sum(), String(repeating: "[", count: 1_000_000))?.message == "element 0 is an array, not a number")
        #expect(await refusal(Sum(), "[\(String(repeating: "9", count: 10_001))]")?.message == "element 0 has more than 10000 digits")
    }

    @Test func `numbers at the limits are summed exactly and fast`() async throws {
        let digits = String(repeating: "9", count: 10_000)
        #expect(try await run(Sum(), "[\(digits), 1]") == "1" + String(repeating: "0", count: 10_000))
        let apart = "1" + String(repeating: "0", count: 10_000) + "." + String(repeating: "0", count: 9_999) + "1"
        #expect(try await run(Sum(), "[1e10000, 1e-10000]") == apart)
        // Numbers far apart, many times: each must not cost a long addition.
        let many = "[" + Array(repeating: "1e10000,1e-10000", count: 20_000).joined(separator: ",") + "]"
        #expect(try await run(Sum(), many).hasPrefix("20000"))
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `random sums agree with school arithmetic`(seed: UInt64) async throws {
        var generator = Seeded(seed: seed)
        var school = SchoolSum()
        let numbers = (0..<Int.random(in: 0...12, using: &generator)).map { _ in school.addRandom(using: &generator) }
        let payload = "[\(numbers.joined(separator: ","))]"
        #expect(try await run(Sum(), payload) == school.description, "seed \(seed): \(payload)")
    }
}

/// Addition as it is done on paper: columns of decimal digits, 60 before the point and 60 after it.
private struct SchoolSum {
    private static let places = 60
    private var plus = [Int](repeating: 0, count: 2 * places)
    private var minus = [Int](repeating: 0, count: 2 * places)

    /// Adds a random number and returns it as JSON writes it.
    mutating func addRandom(using generator: inout Seeded) -> String {
        func digits(_ range: ClosedRange<Int>) -> [Int] {
            (0..<Int.random(in: range, using: &generator)).map { _ in Int.random(in: 0...9, using: &generator) }
        }
        var whole = digits(1...25)
        while whole.count > 1, whole[0] == 0 { whole.removeFirst() }
        let fraction = Bool.random(using: &generator) ? digits(1...20) : []
        let exponent = Bool.random(using: &generator) ? Int.random(in: -25...25, using: &generator) : nil
        let isNegative = Bool.random(using: &generator)
        // The column of the first digit; columns count from the right, the units stand in column `places`.
        let first = Self.places + whole.count - 1 + (exponent ?? 0)
        for (offset, digit) in (whole + fraction).enumerated() {
            if isNegative { minus[first - offset] += digit } else { plus[first - offset] += digit }
        }
        var text = whole.map(String.init).joined() + (fraction.isEmpty ? "" : "." + fraction.map(String.init).joined())
        if let exponent {
            let sign = exponent > 0 && Bool.random(using: &generator) ? "+" : ""
            text += (Bool.random(using: &generator) ? "e" : "E") + sign + String(exponent)
        }
        return (isNegative ? "-" : "") + text
    }

    var description: String {
        var columns = zip(plus, minus).map { $0 - $1 }
        let isNegative = columns.last { $0 != 0 }.map { _ in Self.isNegative(columns) } ?? false
        if isNegative { columns = columns.map { -$0 } }
        for index in columns.indices.dropLast() {
            let digit = ((columns[index] % 10) + 10) % 10
            columns[index + 1] += (columns[index] - digit) / 10
            columns[index] = digit
        }
        let text = columns.reversed().map(String.init).joined()
        let whole = text.prefix(Self.places).drop { $0 == "0" }
        let fraction = String(text.suffix(Self.places).reversed().drop { $0 == "0" }.reversed())
        return (isNegative ? "-" : "") + (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// Whether the columns' sum is below zero: carried out in full, the highest column tells.
    private static func isNegative(_ columns: [Int]) -> Bool {
        var columns = columns
        for index in columns.indices.dropLast() {
            let digit = ((columns[index] % 10) + 10) % 10
            columns[index + 1] += (columns[index] - digit) / 10
        }
        return columns[columns.count - 1] < 0
    }
}
