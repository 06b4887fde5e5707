import ServiceLifecycle
import ServiceSupport
import TaskGridConfiguration

#if HealthEndpoint
    import WebSupport
#endif

extension ProgramSettings {
    /// The health endpoint of a worker; nil where no setting names a port for it.
    ///
    /// - Parameters:
    ///   - worker: its report names it.
    ///   - vitals: the worker's.
    ///   - logger: told where it listens.
    /// - Throws: `SettingError` where a setting names a port, but the package is built without the trait `HealthEndpoint`; or a key without its
    ///   certificate.
    func healthEndpoint(of worker: WorkerHost, vitals: Vitals, logger: Logger) throws(SettingError) -> (any Service)? {
        guard let healthPort, healthPort > 0 else { return nil }
        #if HealthEndpoint
            return HealthEndpoint(
                service: "worker", id: worker.id, vitals: vitals,
                configuration: HealthEndpoint.Configuration(
                    host: healthHost, port: healthPort, hosts: healthHosts, certificate: try certificateFiles()),
                standardPort: 0, logger: logger
            )
        #else
            let name = sources.text("health-port")?.name ?? "health-port"
            throw SettingError(
                .invalid,
                """
                \(name): this program is built without the trait HealthEndpoint of the package taskgrid: switch it on in Package.swift \
                (traits: ["HealthEndpoint"]), or leave the setting out
                """
            )
        #endif
    }
}
