import Foundation
package import UnixSignals

/// SIGTERM and SIGINT, taken from their default of killing the process.
package enum StopSignals {
    /// Runs `body`; tells of the first signal while it runs. A second one ends the process at once, as the signal would.
    package static func during(
        _ body: @escaping @Sendable () async throws -> Void, onFirst: @escaping @Sendable (UnixSignal) async -> Void
    ) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask {
                var isStopping = false
                for await signal in signals {
                    if isStopping { exit(128 + signal.rawValue) }
                    isStopping = true
                    await onFirst(signal)
                }
                // The sequence ends only by cancellation, after the body.
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
