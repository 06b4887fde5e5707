import Foundation
import Synchronization
import TaskGridCore

/// The statistics as JSON in one line. Who asks shortly after another, while nothing has changed, gets the same: however many
/// ask, the work stays small.
final class StatisticsPage: Sendable {
    /// How old an answer may be that is given again.
    private static let freshness = Duration.milliseconds(250)

    let board: Board
    private let latest = Mutex<(version: Int, at: Timestamp, data: Data)?>(nil)

    init(board: Board) {
        self.board = board
    }

    func data() -> Data {
        let (state, now) = (board.current, board.now())
        let known = latest.withLock { latest in
            latest.flatMap { $0.version == state.version && $0.at <= now && now < $0.at + Self.freshness ? $0.data : nil }
        }
        if let known { return known }
        let data = JSON.encode(StatisticsReport(state, at: now))
        latest.withLock { $0 = (state.version, now, data) }
        return data
    }
}
