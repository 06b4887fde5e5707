import Foundation
import Synchronization
import TaskGridCore

/// The statistics as JSON in one line, which is made at most each quarter of a second, once for all who ask: however many ask,
/// the work stays small.
final class StatisticsPage: Sendable {
    /// How old an answer may be that is given again.
    private static let freshness = Duration.milliseconds(250)

    private struct Latest {
        var at: Timestamp?
        var data = Data()
        /// Whether somebody makes the next one. A request meanwhile gets the one before.
        var isBeingMade = false
    }

    let grid: GridState
    private let latest = Mutex(Latest())

    init(grid: GridState) {
        self.grid = grid
    }

    func data() -> Data {
        let now = grid.now()
        let known = latest.withLock { latest -> Data? in
            if let at = latest.at, latest.isBeingMade || at <= now && now < at + Self.freshness { return latest.data }
            latest.isBeingMade = true
            return nil
        }
        if let known { return known }
        let data = JSON.shown(StatisticsReport(grid.current, at: now))
        latest.withLock { $0 = Latest(at: now, data: data) }
        return data
    }
}
