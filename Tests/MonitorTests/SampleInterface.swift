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
        access: Guard = Guard(token: nil, protectsReading: false), health: Vitals = Vitals(),
        depth: @escaping @Sendable (String) async throws(AMQPError) -> QueueDepth = { _ in QueueDepth(messages: 3, consumers: 1) }
    ) async throws -> MonitorRoutes {
        MonitorRoutes(
            grid, depths: QueueDepths(grid: grid, depth: depth),
            history: GridHistory(try await HistoryStore.open(nil), grid: grid, logger: .silent), queryClient: dispatcher.query(),
            access: access
        ) { health.report(service: "monitor", id: "m") }
    }

    /// The server of it.
    var application: some ApplicationProtocol { Application(router: WebServer.router(routes, of: "the monitor"), logger: .silent) }
}
