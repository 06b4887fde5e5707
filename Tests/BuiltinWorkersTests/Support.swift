import Foundation
import Logging
import TaskGridCore
import TaskGridWorker

/// Runs a worker on text.
func run<W: TaskWorker>(_ worker: W, _ text: String) async throws -> String {
    try await run(worker, Data(text.utf8))
}

func run<W: TaskWorker>(_ worker: W, _ payload: Data) async throws -> String {
    let context = TaskContext(id: 1, type: worker.type, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    let output = try await worker.run(try W.Input(payload: payload), context: context)
    return String(decoding: try output.payload, as: UTF8.self)
}

/// The error of a worker that has to refuse the text.
func refusal<W: TaskWorker>(_ worker: W, _ text: String) async -> TaskError? {
    do {
        _ = try await run(worker, text)
        return nil
    } catch {
        return error as? TaskError
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
