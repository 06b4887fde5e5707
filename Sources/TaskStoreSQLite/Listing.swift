import GRDB
import TaskGridCore
import TaskStore

/// Finds the ids of a page of tasks. Each part is read from an index in the order of ids, and no further than the page goes.
struct Listing {
    let database: Database
    /// Only ids below.
    let before: Int64
    let limit: Int

    func all() throws -> [Int64] {
        try ids("SELECT id FROM task WHERE id < ? ORDER BY id DESC LIMIT ?", [])
    }

    /// The newest ids of a type in a state other than `succeeded`, in lists of at most `limit` each.
    func ids(type: Int64, state: TaskState) throws -> [[Int64]] {
        switch state {
        case .pending:
            try database.cursors(of: type).map { try ids($0, $0.position + 1...Int64.max) }
                + [
                    ids(
                        """
                        SELECT id FROM open INDEXED BY open_deferred WHERE id < ? AND type = ?3 AND attempt IS NOT NULL AND due = 0
                        ORDER BY id DESC LIMIT ?2
                        """,
                        [type]
                    )
                ]
        case .queued, .running:
            try database.cursors(of: type).map { try ids($0, 0...max(0, $0.position)) }
                + [
                    ids(
                        """
                        SELECT id FROM open INDEXED BY open_deferred WHERE id < ? AND type = ?3 AND attempt IS NOT NULL AND due IS NULL
                        ORDER BY id DESC LIMIT ?2
                        """,
                        [type]
                    )
                ]
        case .scheduled:
            try [
                ids(
                    """
                    SELECT id FROM open INDEXED BY open_scheduled WHERE id < ? AND type = ?3 AND attempt IS NOT NULL AND due > 0
                    ORDER BY id DESC LIMIT ?2
                    """,
                    [type]
                )
            ]
        case .succeeded: []
        case .failed, .cancelled, .expired:
            try [
                ids(
                    """
                    SELECT id FROM ending INDEXED BY ending_unsuccessful WHERE id < ? AND type = ?3 AND state = ?4 AND state <> 5
                    ORDER BY id DESC LIMIT ?2
                    """,
                    [type, Int64(state.rawValue)]
                )
            ]
        }
    }

    /// The newest open tasks of a cursor, among some ids.
    private func ids(_ cursor: TypeCursor, _ among: ClosedRange<Int64>) throws -> [Int64] {
        try ids(
            """
            SELECT task.id FROM open_range CROSS JOIN task ON task.id BETWEEN max(open_range.first, ?5) AND min(open_range.last, ?6, ?1 - 1)
                LEFT JOIN open ON open.id = task.id
            WHERE open_range.type = ?3 AND open_range.priority = ?4 AND open_range.first <= ?6 AND open_range.first < ?1
            AND open_range.first >= coalesce(
                (SELECT first FROM open_range WHERE type = ?3 AND priority = ?4 AND first <= ?5 ORDER BY first DESC LIMIT 1), 0)
            AND open.attempt IS NULL AND \(OpenTask.isNotEnded) ORDER BY open_range.first DESC, task.id DESC LIMIT ?2
            """,
            [cursor.type, Int64(cursor.priority), among.lowerBound, among.upperBound]
        )
    }

    /// How many endings one search walks over, at most.
    private static let walk = 50_000

    /// The newest ids of tasks that succeeded, which no index finds: nearly all endings are theirs.
    ///
    /// - Returns: Them, and the id at which the walk was left; nil: it came to the end, or found as many as asked for.
    func succeeded(type: Int64?, limit: Int) throws -> (ids: [Int64], floor: Int64?) {
        let query = try BoundStatement(database, "SELECT id, type, state FROM ending WHERE id < ? ORDER BY id DESC LIMIT ?")
        try query.bind(before, at: 1)
        try query.bind(Self.walk, at: 2)
        var found: [Int64] = []
        var walked = 0
        var floor: Int64?
        while found.count < limit, try query.step() {
            walked += 1
            floor = query.int64(0)
            guard query.int64(2) == TaskState.succeeded.rawValue, type.map({ $0 == query.int64(1) }) ?? true else { continue }
            found.append(query.int64(0))
        }
        return (found, walked == Self.walk && found.count < limit ? floor : nil)
    }

    /// `arguments`: The parameters from the third on; the first is `before`, the second `limit`.
    private func ids(_ sql: String, _ arguments: [Int64]) throws -> [Int64] {
        let query = try BoundStatement(database, sql)
        try query.bind(before, at: 1)
        try query.bind(limit, at: 2)
        for (index, argument) in arguments.enumerated() { try query.bind(argument, at: Int32(index + 3)) }
        var ids: [Int64] = []
        while try query.step() { ids.append(query.int64(0)) }
        return ids
    }
}
