import Foundation
import UnixSignals

/// Ctrl-C while tasks are being submitted: what was accepted is told before the command ends. A second one ends it at once.
enum StopOnInterrupt {
    /// Runs `body` with a function that waits for Ctrl-C and returns how the command ends then.
    static func during(_ body: (@escaping @Sendable () async -> (any Error)?) async throws -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await body {
            for await signal in signals {
                let again = await UnixSignalsSequence(trapping: .sigint, .sigterm)
                // Unstructured: it waits for as long as the process lives.
                Task {
                    for await signal in again { exit(128 + signal.rawValue) }
                }
                return Failure(interruptedBy: signal.rawValue)
            }
            return nil
        }
    }
}
