import Foundation
import TaskGridCore
import UnixSignals

/// Ctrl-C or the end of the terminal while tasks are being submitted, or the end of their time: accepted tasks are told before the command
/// ends. A second Ctrl-C ends it at once.
enum StopOnInterrupt {
    /// Runs `body` with a function that waits for Ctrl-C, and returns how the command ends then. It may
    /// take as long as `limit` says; nil: as long as it takes.
    static func during(
        limit: Duration?, _ body: (@escaping @Sendable () async -> OrderedPipeline.Stop?) async throws -> Void
    ) async throws {
        let signals = await UnixSignalsSequence(trapping: trapped)
        let end = limit.map { (limit: $0, time: ContinuousClock.now + $0) }
        try await body {
            await withTaskGroup(of: OrderedPipeline.Stop?.self) { group in
                group.addTask { await interruption(signals) }
                if let end {
                    group.addTask {
                        guard (try? await Task.sleep(until: end.time, clock: .continuous)) != nil else { return nil }
                        let failure = Failure(.pending, "the time of --within \(DurationText.write(end.limit)) is over")
                        return OrderedPipeline.Stop(error: failure, yields: true)
                    }
                }
                defer { group.cancelAll() }
                return await group.next() ?? nil
            }
        }
    }

    /// Under nohup, which has SIGHUP ignored, the command outlives its terminal.
    private static var trapped: [UnixSignal] {
        var hangup = sigaction()
        sigaction(SIGHUP, nil, &hangup)
        // As addresses, because Swift compares no functions; a pointer to a function of C is as large as an Int.
        let isIgnored = unsafeBitCast(hangup.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        return isIgnored ? [.sigint, .sigterm] : [.sigint, .sigterm, .sighup]
    }

    private static func interruption(_ signals: UnixSignalsSequence) async -> OrderedPipeline.Stop? {
        for await signal in signals {
            let again = await UnixSignalsSequence(trapping: .sigint, .sigterm)
            // Unstructured: it waits for as long as the process lives.
            Task {
                for await signal in again { exit(128 + signal.rawValue) }
            }
            return OrderedPipeline.Stop(error: Failure(interruptedBy: signal.rawValue))
        }
        return nil
    }
}
