import Foundation
import TaskGridCore

/// What the monitor does each second: looks for alerts, and tells those who listen the statistics, encoded once for all.
struct Rounds: Sendable {
    static let interval = Duration.seconds(1)
    /// How many rounds there are between two signs of life to those who listen.
    static let keepAlive = 15

    let board: Board
    let page: StatisticsPage
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
        board.look(at: connections())
        guard board.broadcast.listeners > 0 else { return }
        board.broadcast.tell(stats: page.data())
        if number.isMultiple(of: Self.keepAlive) { board.broadcast.keepAlive() }
    }
}
