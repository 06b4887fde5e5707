import TaskGridCore

@testable import Nameservice

/// Workers and times as the tests need them.
extension RegistryMessage {
    static func sample(_ id: String, types: [String] = ["reverse"], interval: Int = 1000, progress: Int = 0) -> RegistryMessage {
        RegistryMessage(
            worker: id, host: "host", pid: 1, version: "0.1.0", types: types.compactMap { try? TaskType($0) }, concurrency: 1,
            prefetch: 1, batch: false, started: Timestamp(rawValue: 0), interval: interval, progress: progress
        )
    }
}

extension Moment {
    static let start = Moment(instant: ContinuousClock.now, timestamp: Timestamp(rawValue: 1_700_000_000_000))

    static func after(_ milliseconds: Int) -> Moment { start.advanced(by: .milliseconds(milliseconds)) }
}

/// SplitMix64 (Steele, Lea, Flood, 2014): the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
