import GRDB

/// How far the open tasks of a type and priority are handed out, as the committed rows have it.
struct TypeCursor: Hashable {
    let type: Int64
    let priority: Int
    /// The id up to which those that are not deferred are handed out.
    let position: Int64
}

extension Database {
    /// The cursors of a type that have open tasks, the highest priority first: one look into the table for each.
    func cursors(of type: Int64) throws -> [TypeCursor] {
        let next = try BoundStatement(
            self,
            """
            SELECT priority, (SELECT id FROM cursor WHERE cursor.type = open_range.type AND cursor.priority = open_range.priority)
            FROM open_range WHERE type = ?1 AND priority < ?2 ORDER BY type DESC, priority DESC LIMIT 1
            """
        )
        var cursors: [TypeCursor] = []
        var below = Int64.max
        while true {
            try next.bind(type, at: 1)
            try next.bind(below, at: 2)
            guard try next.step() else { return cursors }
            below = next.int64(0)
            cursors.append(TypeCursor(type: type, priority: Int(below), position: next.int64(1)))
            next.reset()
        }
    }

    /// The first cursor at or after a type's number and a priority that has open tasks.
    func cursor(from type: Int64, _ priority: Int) throws -> TypeCursor? {
        let next = try BoundStatement(
            self,
            """
            SELECT type, priority, (SELECT id FROM cursor WHERE cursor.type = open_range.type AND cursor.priority = open_range.priority)
            FROM open_range WHERE (type, priority) >= (?1, ?2) ORDER BY type, priority LIMIT 1
            """
        )
        try next.bind(type, at: 1)
        try next.bind(priority, at: 2)
        return try next.step() ? TypeCursor(type: next.int64(0), priority: next.int(1), position: next.int64(2)) : nil
    }

    /// The number of the first type at or after `type` that has deferred tasks.
    func typeWithDeferredTasks(from type: Int64) throws -> Int64? {
        let next = try BoundStatement(
            self, "SELECT type FROM open INDEXED BY open_deferred WHERE attempt IS NOT NULL AND type >= ? ORDER BY type LIMIT 1"
        )
        try next.bind(type, at: 1)
        return try next.step() ? next.int64(0) : nil
    }
}
