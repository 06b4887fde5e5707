import Chaos
import Foundation
import Testing

/// Runs a property over many seeds. A failure's comment says which seed; `TASKGRID_SEED` starts with it.
func forAll(_ runs: Int = 300, _ property: (inout SplitMix64, Comment) throws -> Void) rethrows {
    let first = ProcessInfo.processInfo.environment["TASKGRID_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...(.max >> 1))
    for run in 0..<runs {
        let seed = first &+ UInt64(run)
        var generator = SplitMix64(seed: seed)
        try property(&generator, "TASKGRID_SEED=\(seed)")
    }
}

extension SplitMix64 {
    mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }
    mutating func coin() -> Bool { .random(using: &self) }
    mutating func one<Value>(of values: [Value]) -> Value { values[number(0...(values.count - 1))] }
}
