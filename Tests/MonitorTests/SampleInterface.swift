import AMQP
import Hummingbird
import Logging
import ServiceSupport
import TaskGridCore
import TestSupport
import WebSupport

@testable import Monitor

extension MonitorRoutes {
    /// The interface of a monitor in a test.
    ///
    /// - Parameters:
    ///   - grid: what it has heard; nothing by default.
    ///   - dispatcher: what answers its queries; by default nobody does.
    static func sample(
        _ grid: GridState = GridState(topology: Topology(prefix: "t"), now: { .start }),
        dispatcher: PlayedDispatcher = PlayedDispatcher { _ in nil },
        access: Guard? = nil, health: Vitals = Vitals(),
        depth: @escaping @Sendable (String) async throws(AMQPError) -> QueueDepth = { _ in QueueDepth(messages: 3, consumers: 1) }
    ) async throws -> MonitorRoutes {
        MonitorRoutes(
            grid, depths: QueueDepths(grid: grid, depth: depth),
            history: GridHistory(try await HistoryStore.open(nil), grid: grid, logger: .silent), queryClient: dispatcher.query(),
            access: try access ?? .sample()
        ) { health.report(service: "monitor", id: "m") }
    }

    /// The server of it.
    var application: some ApplicationProtocol { Application(router: WebServer.router(routes, of: "the monitor"), logger: .silent) }
}

extension Guard {
    /// - Parameters:
    ///   - token: a token that may have everything done.
    ///   - protectsReading: whether reading needs a token.
    ///   - guesses: counts wrong tokens.
    static func sample(token: String? = nil, protectsReading: Bool = false, guesses: GuessLimit = GuessLimit()) throws -> Guard {
        Guard(
            try AccessTokens(token: token, logger: .silent), protectsReading: protectsReading, guesses: guesses,
            audit: try AuditLog(logger: .silent), logger: .silent
        )
    }
}
