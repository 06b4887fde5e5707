package import AMQP
package import Foundation
package import Logging
import ServiceSupport
package import TaskGridCore

/// The statistics of a grid, for one who looks from within a process: what the monitor's `/stats` answers, gathered alike, from the
/// same events, heartbeats and answers on the broker. It needs no monitor, tells nobody that it looks, and knows what happened since
/// it began.
package struct GridWatch: Sendable {
    private let session: MonitorSession
    private let page: StatisticsPage

    /// Runs `body` with a watch of the grid.
    ///
    /// `patience`: how long to try to connect; once connected, it reconnects for ever.
    /// - Throws: `AMQPError` where the broker cannot be reached within that time or refuses, or the error of `body`.
    package static func withWatch(
        endpoint: Endpoint, topology: Topology, thresholds: AlertThresholds = AlertThresholds(), logger: Logger,
        patience: Duration = .seconds(10),
        _ body: (GridWatch) async throws -> Void
    ) async throws {
        let clock = SteadyClock()
        let grid = GridState(topology: topology, thresholds: thresholds, now: { clock.now() })
        let id = "watch-\(String(UInt64.random(in: .min ... .max), radix: 36))".owned(by: endpoint.user)
        let session = MonitorSession(.watch, id: id, endpoint: endpoint, grid: grid, vitals: Vitals(), logger: logger)
        do {
            let connected = try await session.start(patience: patience)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await session.listen(asking: connected) }
                do {
                    try await body(GridWatch(session: session, page: StatisticsPage(grid: grid)))
                } catch {
                    // Ends the waits that cancelling does not.
                    await session.close()
                    throw error
                }
                await session.close()
                group.cancelAll()
            }
        } catch {
            await session.close()
            throw error
        }
    }

    /// The statistics of now, as JSON in one line: what `/stats` answers. Alerts are looked for by this, so it is to be asked
    /// each second.
    package func statistics() -> Data {
        page.grid.updateAlerts(connections: session.readings)
        return page.data()
    }

    /// The statistics of now as far as a screen shows them. Alerts are looked for by this, as by ``statistics()``.
    package func report(limits: LiveReport.Limits) -> LiveReport {
        let grid = page.grid
        grid.updateAlerts(connections: session.readings)
        return LiveReport(grid.current, at: grid.now(), limits: limits)
    }
}
