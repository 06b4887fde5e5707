import GRDB

/// A type's open tasks of one priority, as the committed rows have it.
struct OpenPath: Hashable {
    let type: Int64
    let priority: Int
    /// The id up to which those that are not aside are handed out.
    let cursor: Int64
}

extension Database {
    /// The paths of a type that have open tasks, the highest priority first: one look into the table for each.
    func openPaths(of type: Int64) throws -> [OpenPath] {
        let next = try BoundStatement(
            self,
            """
            SELECT priority, (SELECT id FROM cursor WHERE cursor.type = stretch.type AND cursor.priority = stretch.priority)
            FROM stretch WHERE type = ?1 AND priority < ?2 ORDER BY type DESC, priority DESC LIMIT 1
            """
        )
        var paths: [OpenPath] = []
        var below = Int64.max
        while true {
            try next.bind(type, at: 1)
            try next.bind(below, at: 2)
            guard try next.step() else { return paths }
            below = next.int64(0)
            paths.append(OpenPath(type: type, priority: Int(below), cursor: next.int64(1)))
            next.reset()
        }
    }

    /// The first path at or after a type's number and a priority that has open tasks.
    func openPath(from type: Int64, _ priority: Int) throws -> OpenPath? {
        let next = try BoundStatement(
            self,
            """
            SELECT type, priority, (SELECT id FROM cursor WHERE cursor.type = stretch.type AND cursor.priority = stretch.priority)
            FROM stretch WHERE (type, priority) >= (?1, ?2) ORDER BY type, priority LIMIT 1
            """
        )
        try next.bind(type, at: 1)
        try next.bind(priority, at: 2)
        return try next.step() ? OpenPath(type: next.int64(0), priority: next.int(1), cursor: next.int64(2)) : nil
    }

    /// The number of the first type at or after `type` that has tasks aside.
    func typeWithTasksAside(from type: Int64) throws -> Int64? {
        let next = try BoundStatement(
            self, "SELECT type FROM open INDEXED BY open_aside WHERE attempt IS NOT NULL AND type >= ? ORDER BY type LIMIT 1"
        )
        try next.bind(type, at: 1)
        return try next.step() ? next.int64(0) : nil
    }
}
