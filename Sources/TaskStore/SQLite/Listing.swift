import GRDB
import TaskGridCore

/// Finds the ids of a page of tasks. Each part is read from an index in the order of ids, and no further than the page goes.
struct Listing {
    let database: Database
    /// Only ids below.
    let before: Int64
    let limit: Int

    func all() throws -> [Int64] {
        try ids("SELECT id FROM task WHERE id < ? ORDER BY id DESC LIMIT ?", [])
    }

    /// For each part of the answer its newest ids, in no order.
    func ids(type: Int64, state: TaskState?) throws -> [Int64] {
        switch state {
        case nil: try TaskState.allCases.filter { $0 != .running }.flatMap { try ids(type: type, state: $0) }
        case .pending:
            try database.openPaths(of: type).flatMap {
                try ids(
                    """
                    SELECT id FROM open WHERE id < ? AND type = ?3 AND priority = ?4 AND id > ?5 AND attempt IS NULL
                    ORDER BY id DESC LIMIT ?2
                    """,
                    [type, Int64($0.priority), $0.cursor]
                )
            }
        case .queued, .running:
            try database.openPaths(of: type).flatMap {
                try ids(
                    """
                    SELECT id FROM open WHERE id < ? AND type = ?3 AND priority = ?4 AND id <= ?5 AND attempt IS NULL
                    ORDER BY id DESC LIMIT ?2
                    """,
                    [type, Int64($0.priority), $0.cursor]
                )
            }
                + ids(
                    """
                    SELECT id FROM open WHERE id < ? AND type = ?3 AND attempt IS NOT NULL AND due IS NULL ORDER BY id DESC LIMIT ?2
                    """,
                    [type]
                )
        case .scheduled:
            try ids(
                """
                SELECT id FROM open INDEXED BY open_aside WHERE id < ? AND type = ?3 AND attempt IS NOT NULL AND due IS NOT NULL
                ORDER BY id DESC LIMIT ?2
                """,
                [type]
            )
        case .succeeded?, .failed?, .cancelled?, .expired?:
            try ids(
                "SELECT id FROM ending WHERE id < ? AND type = ?3 AND state = ?4 ORDER BY id DESC LIMIT ?2",
                [type, Int64(state?.rawValue ?? 0)]
            )
        }
    }

    /// - Parameter arguments: The parameters from the third on; the first is `before`, the second `limit`.
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
