import AMQP
import Foundation
import Logging
import ServiceSupport
import TaskGridCore

/// Ticks each second: looks for alerts, and sends the listeners what has changed in the statistics, encoded once for all.
struct MonitorTicker: Sendable {
    static let interval = Duration.seconds(1)
    /// Ticks between two keep-alives to the listeners.
    static let keepAlive = 15

    let grid: GridState
    let logger: Logger
    let connections: @Sendable () -> [ConnectionReading]

    /// Ticks until the task is cancelled.
    func run(_ pulse: Pulse) async {
        var number = 0
        while (try? await Task.sleep(for: Self.interval)) != nil {
            pulse.works()
            number += 1
            tick(number)
            pulse.waits()
        }
        pulse.ends()
    }

    /// One tick.
    func tick(_ number: Int) {
        for change in grid.updateAlerts(connections: connections()) { log(change) }
        guard grid.broadcast.listeners > 0 else { return }
        grid.broadcast.send(LiveView(grid.current, at: grid.now()))
        if number.isMultiple(of: Self.keepAlive) { grid.broadcast.keepAlive() }
    }

    private func log(_ change: AlertChange) {
        let subject = change.alert.subject
        var metadata: Logger.Metadata = [LogKey.alertKind: "\(subject.kind.rawValue)"]
        if let type = subject.type { metadata[LogKey.taskType] = "\(type)" }
        if let worker = change.alert.worker { metadata[LogKey.workerID] = "\(worker)" }
        guard change.isActive else { return logger.notice("alert ended", metadata: metadata) }
        metadata[LogKey.alertMessage] = "\(change.alert.message)"
        logger.warning("alert started", metadata: metadata)
    }
}
