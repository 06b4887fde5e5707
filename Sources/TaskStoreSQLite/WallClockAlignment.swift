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
            SELECT max(id) FROM
                (SELECT id FROM open WHERE id > ? AND (due_at IS NOT NULL OR expires_at IS NOT NULL) ORDER BY id LIMIT ?)
            """
        )
        try last.bind(after?.rawValue ?? 0, at: 1)
        try last.bind(limit, at: 2)
        guard try last.step(), let end = last.optionalInt64(0) else {
            let remember = try BoundStatement(database, "UPDATE store SET wall_offset = ?")
            try remember.bind(wallOffset.milliseconds, at: 1)
            try remember.run()
            return nil
        }
        let move = try BoundStatement(
            database,
            """
            UPDATE open SET due = iif(due_at IS NULL, due, max(1, due_at - ?1)), expires = iif(expires_at IS NULL, expires, expires_at - ?1)
            WHERE id > ?2 AND id <= ?3 AND (due_at IS NOT NULL OR expires_at IS NOT NULL)
            """
        )
        try move.bind(wallOffset.milliseconds, at: 1)
        try move.bind(after?.rawValue ?? 0, at: 2)
        try move.bind(end, at: 3)
        try move.run()
        return TaskID(end)
    }

    static func offset(_ database: Database) throws -> Duration {
        let row = try BoundStatement(database, "SELECT wall_offset FROM store")
        return try row.step() ? .milliseconds(row.int64(0)) : .zero
    }

    /// The clock as the latest commit has left it; nil before the first.
    static func clock(_ database: Database) throws -> StoreClockReading? {
        let row = try BoundStatement(database, "SELECT clock, wall FROM store")
        guard try row.step(), row.int64(0) > 0 else { return nil }
        return StoreClockReading(clock: Timestamp(rawValue: row.int64(0)), wall: Timestamp(rawValue: row.int64(1)))
    }
}
