import Foundation
import LocalGrid
import Logging
import ServiceSupport
import TaskGridConfiguration

/// Runs a grid on this machine until it is told to stop, and tells what happens.
struct GridRun {
    let grid: LocalGrid
    let logger: Logger

    /// - Parameter onRunning: told once everything is ready.
    func run(onRunning: @escaping @Sendable (GridFile) -> Void) async throws {
        let (grid, logger) = (grid, logger)
        // Unstructured, since it is cancelled on its own by the signal and then awaited.
        let life = Task {
            try await grid.run { event in
                switch event {
                case .process(let event): Self.log(event, logger)
                case .running(let file): onRunning(file)
                }
            }
        }
        try await StopSignals.during {
            try await life.value
        } onFirst: { signal in
            logger.notice("stopping everything in order; a second signal stops at once", metadata: [LogKey.signal: "\(signal)"])
            life.cancel()
        }
    }

    private static func log(_ event: ProcessEvent, _ logger: Logger) {
        let process = Logger.MetadataValue.string(event.process)
        switch event.what {
        case .starting: logger.info("starting", metadata: [LogKey.process: process])
        case .ready(let duration): logger.info("ready", metadata: [LogKey.process: process, LogKey.processTime: "\(Self.shown(duration))"])
        case .ended where Self.isAsked(event):
            logger.info("worker was asked to stop, starting another", metadata: [LogKey.process: process])
        case .ended(let ending):
            logger.error("process ended unexpectedly", metadata: [LogKey.process: process, LogKey.processEnding: "\(ending)"])
        case .restarting(let attempt, let duration):
            logger.warning(
                "starting anew",
                metadata: [LogKey.process: process, LogKey.processAttempt: "\(attempt)", LogKey.processTime: "\(Self.shown(duration))"])
        case .stopped(let ending): logger.info("stopped", metadata: [LogKey.process: process, LogKey.processEnding: "\(ending)"])
        }
    }

    /// Whether a worker ended because somebody asked it to: by `taskgrid worker stop` or SIGTERM, after which it ends with success.
    static func isAsked(_ event: ProcessEvent) -> Bool {
        event.process.hasPrefix("worker-") && event.what == .ended(.exited(code: 0))
    }

    private static func shown(_ duration: Duration) -> String {
        duration.formatted(.units(allowed: [.minutes, .seconds, .milliseconds], width: .narrow, maximumUnitCount: 2))
    }
}
