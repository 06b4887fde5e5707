import AMQP
import Foundation
import Logging
import ServiceSupport
import TaskGridCore

/// What the monitor does each second: looks for alerts, and tells those who listen what has changed in the statistics, encoded once
/// for all.
struct Rounds: Sendable {
    static let interval = Duration.seconds(1)
    /// How many rounds there are between two signs of life to those who listen.
    static let keepAlive = 15

    let board: Board
    let logger: Logger
    let connections: @Sendable () -> [ConnectionReading]

    /// Makes rounds until the task is cancelled.
    func run(_ pulse: Pulse) async {
        var number = 0
        while (try? await Task.sleep(for: Self.interval)) != nil {
            pulse.works()
            number += 1
            make(number)
            pulse.waits()
        }
        pulse.ends()
    }

    /// One round.
    func make(_ number: Int) {
        for change in board.look(at: connections()) { log(change) }
        guard board.broadcast.listeners > 0 else { return }
        board.broadcast.tell(LiveView(board.current, at: board.now()))
        if number.isMultiple(of: Self.keepAlive) { board.broadcast.keepAlive() }
    }

    private func log(_ change: AlertChange) {
        let subject = change.alert.subject
        var metadata: Logger.Metadata = ["alert.kind": "\(subject.kind.rawValue)"]
        if let type = subject.type { metadata["task.type"] = "\(type)" }
        if let worker = subject.worker { metadata["worker.id"] = "\(worker)" }
        guard change.isActive else { return logger.notice("alert ended", metadata: metadata) }
        metadata["alert.message"] = "\(change.alert.message)"
        logger.warning("alert started", metadata: metadata)
    }
}
