package import Logging
import ServiceLifecycle
package import ServiceSupport

/// The health endpoint of a service: `GET /healthz` answers 200 where its loops move and its connections stand, else 503, with a
/// `HealthReport` either way; any other path is a problem document. This module owns the endpoint and the bounded web server
/// below it, which the monitor shares. The command composes it with each service, and `TaskGrid` with a worker.
///
/// It listens beside the service, which waits for nothing of it.
package struct HealthEndpoint: Service {
    /// | key | what | default |
    /// |---|---|---|
    /// | `host` | the address that it listens on; other than loopback only where the network is trusted | `127.0.0.1` |
    /// | `hosts` | the names that it is asked by, besides addresses, `localhost` and `host` | none |
    /// | `port` | its port; 0: no endpoint; nil: the service's documented one, or a free one where that is taken | nil |
    /// | `certificate` | the certificate that it shows; nil: it speaks plain HTTP | nil |
    package struct Configuration: Hashable, Sendable {
        package static let defaultHost = "127.0.0.1"

        package var host: String
        package var port: Int?
        package var hosts: [String]
        package var certificate: CertificateFiles?

        package init(host: String = defaultHost, port: Int? = nil, hosts: [String] = [], certificate: CertificateFiles? = nil) {
            self.host = host
            self.port = port
            self.hosts = hosts
            self.certificate = certificate
        }
    }

    private let service: String
    private let id: String
    private let vitals: Vitals
    private let configuration: Configuration
    private let standardPort: Int
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) -> Void

    /// - `service`: what the report calls it, such as `dispatcher`.
    /// - `id`: which one of its kind it is.
    /// - `standardPort`: the one that is documented for it; 0 for a free one.
    /// - `onListening`: told the port once it listens there.
    package init(
        service: String, id: String, vitals: Vitals, configuration: Configuration = Configuration(), standardPort: Int, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.service = service
        self.id = id
        self.vitals = vitals
        self.configuration = configuration
        self.standardPort = standardPort
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until a graceful shutdown, or until the task is cancelled.
    ///
    /// - Throws: `WebServerError` where it cannot listen on the port that was asked for, or its certificate cannot be used.
    package func run() async throws {
        if let port = configuration.port {
            if port > 0 { try await server(port).run() }
            return
        }
        do {
            try await server(standardPort).run()
        } catch let error as WebServerError where error.code == .cannotListen {
            // A second worker on a machine, most often: nobody has asked for that port.
            logger.notice(
                "standard port of the health endpoint is taken, using another",
                metadata: [LogKey.httpHost: "\(configuration.host)", LogKey.httpPort: "\(standardPort)"]
            )
            try await server(0).run()
        }
    }

    private func server(_ port: Int) -> WebServer {
        let report: @Sendable () -> HealthReport = { [vitals, service, id] in vitals.report(service: service, id: id) }
        return WebServer(
            [.health(of: "the \(service)", report: report)], host: configuration.host, port: port,
            hosts: AllowedHosts(configuration.hosts + [configuration.host], key: "health-hosts"), certificate: configuration.certificate,
            of: "the health endpoint of the \(service)", logger: logger, onListening: onListening
        )
    }
}
