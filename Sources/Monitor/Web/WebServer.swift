import Hummingbird
import HummingbirdCore
import Logging
import ServiceLifecycle
import Synchronization

/// The HTTP server around the routes. Bounded: connections, the size of a request's head and body, and how long a
/// connection may be silent.
struct WebServer: Service {
    private static let maximumConnections = 256
    private static let maximumHeadSize = 16 << 10

    let configuration: MonitorConfiguration
    let routes: Routes
    let logger: Logger
    let onListening: @Sendable (_ port: Int) -> Void

    func run() async throws {
        let isListening = Mutex(false)
        let http = HTTP1Channel.Configuration(
            idleTimeout: .seconds(30),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: Self.maximumHeadSize, maxHeaderListSize: Self.maximumHeadSize, maxHeaderFieldCount: 100
            )
        )
        let application = Application(
            router: routes.router(), server: .http1(configuration: http),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.maximumConnections)
            ),
            onServerRunning: { channel in
                isListening.withLock { $0 = true }
                let port = channel.localAddress?.port ?? configuration.port
                logger.info("monitor listens", metadata: ["http.host": "\(configuration.host)", "http.port": "\(port)"])
                onListening(port)
            },
            logger: logger
        )
        do {
            try await application.run()
        } catch {
            if isListening.withLock({ $0 }) { throw error }
            throw MonitorError(
                .cannotListen,
                "the monitor cannot listen on \(configuration.host):\(configuration.port) (\(error)): "
                    + "stop what uses the port, or choose another port or host"
            )
        }
    }
}
