import Foundation
import Logging
import ServiceLifecycle
import ServiceSupport
import UnixSignals
import WebSupport

/// Runs a service until it is told to stop: SIGTERM or SIGINT lets it drain, a second one ends the process at once.
enum ServiceRun {
    /// `health`: listens beside it, and ends after it.
    static func run(_ service: any Service, health: HealthEndpoint? = nil, logger: Logger) async throws {
        // The services' own log lines say more than the group's.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        // They are shut down in the reverse order, one after the other.
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
        if let health { services.append(.init(service: health, successTerminationBehavior: .ignore, serviceName: "health")) }
        services.append(.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup, serviceName: logger.label))
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: services, logger: quiet))
        try await StopSignals.during {
            try await group.run()
        } onFirst: { signal in
            logger.notice("stopping in order; a second signal stops at once", metadata: [LogKey.signal: "\(signal)"])
            await group.triggerGracefulShutdown()
        }
    }
}

/// SIGTERM and SIGINT, taken from their default of killing the process.
enum StopSignals {
    /// Runs `body`; tells of the first signal while it runs. A second one ends the process at once, as the signal would.
    static func during(
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
