package import Logging
package import ServiceLifecycle

/// Runs a service until it is told to stop: SIGTERM or SIGINT lets it drain, a second one ends the process at once.
package enum ServiceRun {
    /// - Parameters:
    ///   - service: its end is the end of all.
    ///   - companions: run beside it, such as its health endpoint, and end after it.
    ///   - logger: told of the signal.
    package static func run(_ service: any Service, beside companions: [any Service] = [], logger: Logger) async throws {
        // The services' own log lines say more than the group's.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        // They are shut down in the reverse order, one after the other.
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
        for companion in companions {
            services.append(.init(service: companion, successTerminationBehavior: .ignore, serviceName: "\(type(of: companion))"))
        }
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
