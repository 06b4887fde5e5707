import Foundation
import Logging
import TaskGridCore

@testable import TaskGridClient

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension TaskType {
    static let reverse = try! TaskType("reverse")  // Proof: a valid name.
    static let hash = try! TaskType("hash")  // Proof: a valid name.
}

extension Data {
    init(_ text: String) { self.init(text.utf8) }
}

extension TaskOptions {
    /// For tests in which time passes as fast as it can.
    static let patient = TaskOptions(deadline: .seconds(1_000_000_000))
}

/// A generator whose seed a failing test prints.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// What `body` fails with; nil where it does not.
@Sendable func failure(_ body: @Sendable () async throws -> Void) async -> ClientError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? ClientError
    }
}

func parcel(
    _ id: Int, _ type: TaskType = .reverse, tasks: Int = 1, size: Int = 10, key: String? = nil, deadline: Instant = .now + .seconds(30),
    watch: Watch.ID? = nil
) -> Parcel {
    let task = Submission.Task(payload: Data(repeating: 120, count: size))
    return Parcel(id: id, type: type, tasks: Array(repeating: task, count: tasks), key: key, deadline: deadline, watch: watch)
}
