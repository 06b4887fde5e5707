import AMQP
import Foundation
import LocalGrid
import Logging
import ServiceLifecycle
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore
import WebSupport

/// The beginning of every service command.
struct ServiceSetup {
    let configuration: Configuration
    let location: GridLocation
    let logger: Logger
    let ready: ReadyFile
    /// The address at which the service shows its health.
    let vitals = Vitals()
    /// Its certificate for HTTPS; nil: it speaks HTTP.
    let certificate: CertificateFiles?

    /// - `name`: the service's name in its logs.
    /// - `user`: the user that it is in a grid whose services have users of their own; nil: any.
    /// - `arguments`: the command's own ones.
    init(_ name: String, _ grid: GridOptions, as user: KeyPath<ServiceUsers, String>? = nil, arguments: [KeyArgument?]) async throws {
        try FileLimit.require("the \(name)", servesHTTP: true)
        (configuration, location) = try await grid.configuration(arguments).joining(as: user)
        certificate = try configuration.program.certificateFiles()
        logger = configuration.logger(name, default: .info)
        ProcessHardening.apply(logger)
        configuration.warnOfPassword(logger)
        ready = ReadyFile(path: configuration.readyFile, logger: logger)
        ready.prepare()
        if configuration.sources.hasBrokerBehindFolder {
            logger.notice(
                "--grid counts more than TASKGRID_BROKER and the settings file, whose broker is not used",
                metadata: [LogKey.folder: "\(configuration.folder.path)"])
        }
        let topology = location.topology
        logger.info(
            "starting",
            metadata: [
                LogKey.broker: "\(location.endpoint)", LogKey.prefix: "\(topology.prefix)",
                LogKey.queueKind: "\(topology.queueKind.rawValue)",
            ]
        )
    }

    /// The service's `/healthz`.
    ///
    /// - `id`: the name of this one among several of its kind.
    /// - `use`: the use that has its standard port.
    func health(_ service: String, id: String = "\(getpid())", _ use: Ports.Use) -> HealthEndpoint {
        HealthEndpoint(
            service: service, id: id, vitals: vitals,
            configuration: HealthEndpoint.Configuration(
                host: configuration.healthHost, port: configuration.healthPort, hosts: configuration.healthHosts,
                certificate: certificate),
            standardPort: use.standard ?? 0, logger: logger
        )
    }

    /// Runs the service until it is told to stop, with its health endpoint and its liveness file.
    func run(_ service: any Service, health: HealthEndpoint? = nil) async throws {
        var companions: [any Service] = []
        if let health { companions.append(health) }
        if let path = configuration.livenessFile { companions.append(LivenessFile(path: path, vitals: vitals, logger: logger)) }
        try await ServiceRun.run(service, beside: companions, logger: logger)
    }
}
