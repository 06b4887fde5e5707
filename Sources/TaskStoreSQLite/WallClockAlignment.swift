import GRDB
import TaskGridCore
import TaskStore

/// Keeps absolute times, which go by the wall clock, where they belong on the store's clock.
struct WallClockAlignment {
    let database: Database
    let wallOffset: Duration

    /// Moves those of the next tasks.
    ///
    /// - Returns: The place where the next step goes on; nil: that was all.
    func run(after: TaskID?, limit: Int) throws -> TaskID? {
        let last = try BoundStatement(
            database,
            """
            SELECT max(id) AS last FROM
                (SELECT id FROM open WHERE id > :after AND (due_at IS NOT NULL OR expires_at IS NOT NULL) ORDER BY id LIMIT :limit)
            """
        )
        try last.bind(after?.rawValue ?? 0, to: ":after")
        try last.bind(limit, to: ":limit")
        guard try last.step(), let end = try last.optionalInt64("last") else {
            let remember = try BoundStatement(database, "UPDATE store SET wall_offset = :offset")
            try remember.bind(wallOffset.milliseconds, to: ":offset")
            try remember.run()
            return nil
        }
        let move = try BoundStatement(
            database,
            """
            UPDATE open SET due = iif(due_at IS NULL, due, max(1, due_at - :offset)),
                expires = iif(expires_at IS NULL, expires, expires_at - :offset)
            WHERE id > :after AND id <= :end AND (due_at IS NOT NULL OR expires_at IS NOT NULL)
            """
        )
        try move.bind(wallOffset.milliseconds, to: ":offset")
        try move.bind(after?.rawValue ?? 0, to: ":after")
        try move.bind(end, to: ":end")
        try move.run()
        return TaskID(end)
    }

    static func offset(_ database: Database) throws -> Duration {
        let row = try BoundStatement(database, "SELECT wall_offset FROM store")
        return try row.step() ? .milliseconds(row.int64("wall_offset")) : .zero
    }

    /// The clock as the latest commit has left it; nil before the first.
    static func clock(_ database: Database) throws -> StoreClockReading? {
        let row = try BoundStatement(database, "SELECT clock, wall FROM store")
        guard try row.step(), case let clock = try row.int64("clock"), clock > 0 else { return nil }
        return StoreClockReading(clock: Timestamp(rawValue: clock), wall: Timestamp(rawValue: try row.int64("wall")))
    }
}
