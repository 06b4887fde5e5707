package import Foundation
package import Testing

/// Random numbers that a seed gives again: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
/// OOPSLA 2014).
package struct Seeded: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// For a test with a case for each seed: forty that are always the same and five that never are, whose failures name them;
    /// with `TASKGRID_TEST_SEED` just that one.
    package static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["TASKGRID_TEST_SEED"].flatMap { UInt64($0) }.map { [$0] }
        ?? Array(0..<40) + (0..<5).map { _ in .random(in: 0...(.max >> 1)) }

    fileprivate static func consecutive(_ runs: Int) -> [UInt64] {
        let first = ProcessInfo.processInfo.environment["TASKGRID_TEST_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...(.max >> 1))
        return (0..<runs).map { first &+ UInt64($0) }
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    package mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }

    package mutating func coin() -> Bool { .random(using: &self) }

    /// True once in so many times.
    package mutating func once(in count: Int) -> Bool { number(1...count) == 1 }

    /// - Precondition: there are some.
    package mutating func one<Value>(of values: [Value]) -> Value { values[number(0...(values.count - 1))] }

    package mutating func maybe<Value>(_ value: (inout Seeded) -> Value) -> Value? { coin() ? value(&self) : nil }

    package mutating func list<Value>(_ range: ClosedRange<Int>, _ value: (inout Seeded) -> Value) -> [Value] {
        (0..<number(range)).map { _ in value(&self) }
    }

    package mutating func bytes(_ range: ClosedRange<Int> = 0...40) -> Data {
        Data(list(range) { .random(in: 0...255, using: &$0) })
    }
}

/// Runs a property over many seeds. A failure's comment says which seed; `TASKGRID_TEST_SEED` starts with it.
package func forAll(_ runs: Int = 500, _ property: (inout Seeded, Comment) throws -> Void) rethrows {
    for seed in Seeded.consecutive(runs) {
        var generator = Seeded(seed: seed)
        try property(&generator, "TASKGRID_TEST_SEED=\(seed)")
    }
}

/// The same for a property that waits: the runs follow each other.
package func forAllInTurn(_ runs: Int, _ property: (inout Seeded, Comment) async throws -> Void) async rethrows {
    for seed in Seeded.consecutive(runs) {
        var generator = Seeded(seed: seed)
        try await property(&generator, "TASKGRID_TEST_SEED=\(seed)")
    }
}
