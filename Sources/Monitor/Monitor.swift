package import AMQP
package import Logging
import ServiceLifecycle
import ServiceSupport
package import TaskGridCore
import WebSupport

/// The monitor: listens to the grid's events and heartbeats, keeps what they say as statistics, and serves them as JSON over
/// HTTP. This module owns the statistics and the REST interface. The command composes and runs it; people, scripts and
/// dashboards ask it.
///
/// The paths are in this module's documentation, and in `/openapi.json`. Errors are problem documents (RFC 9457). It keeps nothing on
/// disk but its history: one that starts anew asks the dispatcher and the nameservice, and where they do not answer learns from events
/// within seconds.
///
/// ``GridWatch`` gathers the same statistics for one who looks from within a process, such as `taskgrid top`.
package struct Monitor: Service {
    /// How long what is under way may take after a shutdown was asked for.
    private static let shutdownDeadline = Duration.seconds(5)

    private enum Ending: Sendable {
        case timeUp
        /// The part that goes on until all else has ended.
        case stopped
        case done
        case failed(any Error)
    }

    private let configuration: MonitorConfiguration
    private let endpoint: Endpoint
    private let topology: Topology
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) -> Void

    /// `onListening`: called once with the port that the REST interface listens on, when it does.
    package init(
        configuration: MonitorConfiguration = MonitorConfiguration(), endpoint: Endpoint, topology: Topology, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.endpoint = endpoint
        self.topology = topology
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until a graceful shutdown, or until the task is cancelled. The REST interface serves while the broker is away
    /// too, and says so.
    ///
    /// - Throws: `MonitorError` where it cannot listen on its address, or with its certificate; `AMQPError` where the broker refuses what no waiting
    ///   mends. A broker that cannot be reached is no error: it is tried again for ever.
    package func run() async throws {
        let clock = SteadyClock()
        let grid = GridState(topology: topology, thresholds: configuration.thresholds, now: { clock.now() })
        let vitals = Vitals()
        let session = MonitorSession(
            id: configuration.id.owned(by: endpoint.user), endpoint: endpoint, grid: grid, vitals: vitals, logger: logger)
        let depths = QueueDepths(grid: grid) { queue throws(AMQPError) in try await session.depth(of: queue) }
        let history = GridHistory(try await HistoryStore.open(configuration.history), grid: grid, logger: logger, vitals: vitals)
        let ticker = MonitorTicker(grid: grid, logger: logger) { session.readings }
        let access = try Guard(configuration, logger: logger)
        let interface = MonitorRoutes(grid, depths: depths, history: history, queryClient: session.queryClient, access: access) {
            [id = configuration.id] in
            vitals.report(service: "monitor", id: id)
        }
        let web = WebServer(
            interface.routes, host: configuration.host, port: configuration.port,
            hosts: AllowedHosts(configuration.hosts + [configuration.host], key: "monitor.hosts"), certificate: configuration.certificate,
            of: "the monitor", logger: logger, onListening: onListening
        )
        let failure = await withTaskGroup(of: Ending.self, returning: (any Error)?.self) { group in
            group.addTask {
                // It throws when the task is cancelled, and then too it is time to stop.
                try? await gracefulShutdown()
                vitals.enter(.stopping)
                grid.broadcast.end()
                await session.stop(within: Self.shutdownDeadline)
                return .timeUp
            }
            group.addTask { await Self.ending { try await session.serve() } }
            group.addTask {
                await access.tokens.run()
                return .stopped
            }
            group.addTask {
                for await entry in access.audit.entries { await session.tell(of: entry) }
                return .stopped
            }
            group.addTask {
                await ticker.run(vitals.pulse("ticker", period: MonitorTicker.interval))
                return .stopped
            }
            group.addTask {
                await history.run(vitals.pulse("history", period: MonitorTicker.interval))
                return .stopped
            }
            group.addTask { await Self.ending { try await Self.listen(web) } }
            let failure = await Self.wait(for: &group)
            // Ends the waits that cancelling does not.
            await session.close()
            group.cancelAll()
            return failure
        }
        await history.end()
        guard Task.isShuttingDownGracefully || Task.isCancelled else {
            throw failure ?? MonitorError(.ended, "a part of the monitor ended though nobody asked for it; start it again")
        }
        logger.info("monitor stopped")
    }

    /// Waits until listening and serving have both ended in a shutdown, or one of them without, or the shutdown's time is
    /// over.
    private static func wait(for group: inout TaskGroup<Ending>) async -> (any Error)? {
        var working = 2
        for await ending in group {
            switch ending {
            case .timeUp: return nil
            case .stopped: continue
            case .failed(let error): return error
            case .done: working -= 1
            }
            if working == 0 || !Task.isShuttingDownGracefully { return nil }
        }
        return nil
    }

    private static func listen(_ web: WebServer) async throws {
        do {
            try await web.run()
        } catch let error as WebServerError {
            throw MonitorError(error.code == .certificate ? .certificate : .cannotListen, error.message)
        }
    }

    private static func ending(_ body: () async throws -> Void) async -> Ending {
        do {
            try await body()
            return .done
        } catch {
            return .failed(error)
        }
    }
}
