import AMQP
import Logging
import TaskGridCore

/// What every service command begins with.
struct ServiceSetup {
    let configuration: Configuration
    let endpoint: Endpoint
    let logger: Logger
    let ready: ReadyFile

    /// - Parameters:
    ///   - name: what the service is called in its logs.
    ///   - own: the command's own arguments, by their keys.
    init(_ name: String, _ grid: GridOptions, _ own: [String: String?] = [:]) async throws(Failure) {
        configuration = try await grid.configuration(own)
        endpoint = try configuration.endpoint()
        logger = configuration.logger(name, default: .info)
        ready = ReadyFile(path: configuration.readyFile, logger: logger)
        ready.prepare()
        let topology = configuration.topology
        logger.info(
            "starting",
            metadata: ["broker": "\(endpoint)", "prefix": "\(topology.prefix)", "queue.kind": "\(topology.queueKind.rawValue)"]
        )
    }
}
