package import Hummingbird
import HummingbirdCore
package import Logging
import ServiceLifecycle
package import ServiceSupport
import Synchronization

/// An HTTP or HTTPS server around routes. Bounded: connections in all and from one address, the size of a request's head and body, how long a
/// request may take to come, how long a connection may be silent, and how long it may leave an answer untaken.
package struct WebServer: Service {
    /// The responder to requests.
    package typealias Handler = @Sendable (Request, WebContext) async throws -> Response

    /// The listeners of the monitor's events, and as many others; one more is told so, and closed.
    private static let maximumConnections = 512
    /// Of one address: the listeners of the monitor's events may all come through one proxy.
    private static let maximumOfAddress = 384
    /// Open files that the service itself needs.
    private static let ownFiles = 160
    private static let maximumHeadSize = 64 << 10
    /// How long requests under way may take once the server is to end.
    private static let shutdownDeadline = Duration.seconds(5)

    private let routes: [Route]
    private let host: String
    private let port: Int
    private let hosts: AllowedHosts
    private let certificate: CertificateFiles?
    private let name: String
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) -> Void
    var times = RequestTimes()

    /// - `port`: 0 for a free one.
    /// - `hosts`: the names that it is asked by.
    /// - `certificate`: the certificate that it shows; nil: it speaks plain HTTP.
    /// - `name`: what its errors call it, such as `the monitor`.
    /// - `onListening`: told the port once it listens there.
    package init(
        _ routes: [Route], host: String, port: Int, hosts: AllowedHosts, certificate: CertificateFiles? = nil,
        of name: String, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.routes = routes
        self.host = host
        self.port = port
        self.hosts = hosts
        self.certificate = certificate
        self.name = name
        self.logger = logger
        self.onListening = onListening
    }

    /// The router of some routes; every error is a problem document.
    package static func router(_ routes: [Route], hosts: AllowedHosts? = nil, of name: String) -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: Safeguards())
        if let hosts { router.add(middleware: Hosts(hosts)) }
        router.add(middleware: Problems(name: name, routes: routes))
        for route in routes {
            switch route.method {
            case .get: router.get(RouterPath(route.path), use: route.handler)
            case .post: router.post(RouterPath(route.path), use: route.handler)
            }
        }
        return router
    }

    /// Serves until a graceful shutdown, or until the task is cancelled.
    ///
    /// - Throws: `WebServerError` where it cannot listen, or its certificate cannot be used.
    package func run() async throws {
        let certificate = try self.certificate.map { files throws(WebServerError) in try ServerCertificate(files, of: name, logger: logger)
        }
        let isListening = Mutex(false)
        // The framework's log line says less than `listening`.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: Self.maximumHeadSize, maxHeaderListSize: Self.maximumHeadSize, maxHeaderFieldCount: 100
        )
        let room = min(Self.maximumConnections, max(ConnectionLimit.reserve, OpenFiles.limit - Self.ownFiles - ConnectionLimit.reserve))
        let places = ConnectionLimit(room, ofAddress: min(Self.maximumOfAddress, room - room / 4))
        let application = Application(
            router: Self.router(routes, hosts: hosts, of: name),
            server: HTTPServerBuilder { [times] responder in
                Connections(responder, decoder: decoder, places: places, times: times, certificate: certificate)
            },
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { [host, port, name, logger, onListening] channel in
                isListening.withLock { $0 = true }
                let port = channel.localAddress?.port ?? port
                logger.info("listening", metadata: [LogKey.httpServer: "\(name)", LogKey.httpHost: "\(host)", LogKey.httpPort: "\(port)"])
                onListening(port)
            },
            logger: quiet
        )
        do {
            try await Self.run(application, logger: quiet)
        } catch {
            if isListening.withLock({ $0 }) || error is CancellationError { throw error }
            throw WebServerError(
                .cannotListen,
                "\(name) cannot listen on \(host):\(port) (\(error)): stop what uses the port, or choose another port or host"
            )
        }
    }

    /// Runs an application. It is shut down in order where the task is cancelled too: the framework would log an error otherwise.
    private static func run(_ application: some Service, logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
        configuration.maximumGracefulShutdownDuration = shutdownDeadline
        let group = ServiceGroup(configuration: configuration)
        // Unstructured, so that the cancellation does not reach it.
        let life = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await life.value
        } onCancel: {
            // Unstructured, because a handler cannot wait.
            Task { await group.triggerGracefulShutdown() }
        }
    }
}

/// Why a web server cannot run.
package struct WebServerError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Its address cannot be listened on: the port is taken, or the host is not this machine's.
        case cannotListen
        /// The files of its certificate cannot be used.
        case certificate
    }

    package let code: Code
    /// A message: what happened, and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
