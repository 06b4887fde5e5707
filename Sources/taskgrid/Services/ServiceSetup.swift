import AMQP
import Foundation
import LocalGrid
import Logging
import ServiceSupport
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

    /// - `name`: what the service is called in its logs.
    /// - `own`: the command's own arguments.
    init(_ name: String, _ grid: GridOptions, _ own: [KeyArgument?] = []) async throws(Failure) {
        try FileLimit.require("the \(name)", servesHTTP: true)
        configuration = try await grid.configuration(own)
        location = try configuration.location()
        logger = configuration.logger(name, default: .info)
        ready = ReadyFile(path: configuration.readyFile, logger: logger)
        ready.prepare()
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
    /// - `id`: which one of its kind it is.
    /// - `use`: by what the documentation knows its port.
    func health(_ service: String, id: String = "\(getpid())", _ use: Ports.Use) -> HealthEndpoint {
        HealthEndpoint(
            service: service, id: id, vitals: vitals, configuration: configuration.health, standardPort: use.standard ?? 0, logger: logger
        )
    }
}
