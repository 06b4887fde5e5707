import Foundation
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
}

/// Runs a property over many seeds. A failure's comment says which seed; `TASKGRID_SEED` starts with it.
func forAll(_ runs: Int = 500, _ property: (inout SplitMix64, Comment) throws -> Void) rethrows {
    let first = ProcessInfo.processInfo.environment["TASKGRID_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...(.max >> 1))
    for run in 0..<runs {
        let seed = first &+ UInt64(run)
        var generator = SplitMix64(state: seed)
        try property(&generator, "TASKGRID_SEED=\(seed)")
    }
}
