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
            SELECT priority, (SELECT id FROM cursor WHERE cursor.type = open_range.type AND cursor.priority = open_range.priority) AS position
            FROM open_range WHERE type = :type AND priority < :below ORDER BY type DESC, priority DESC LIMIT 1
            """
        )
        var cursors: [TypeCursor] = []
        var below = Int64.max
        while true {
            try next.bind(type, to: ":type")
            try next.bind(below, to: ":below")
            guard try next.step() else { return cursors }
            below = try next.int64("priority")
            cursors.append(TypeCursor(type: type, priority: Int(below), position: try next.int64("position")))
            next.reset()
        }
    }

    /// The first cursor at or after a type's number and a priority that has open tasks.
    func cursor(from type: Int64, _ priority: Int) throws -> TypeCursor? {
        let next = try BoundStatement(
            self,
            """
            SELECT type, priority, (SELECT id FROM cursor WHERE cursor.type = open_range.type AND cursor.priority = open_range.priority) AS position
            FROM open_range WHERE (type, priority) >= (:type, :priority) ORDER BY type, priority LIMIT 1
            """
        )
        try next.bind(type, to: ":type")
        try next.bind(priority, to: ":priority")
        return try next.step()
            ? TypeCursor(type: next.int64("type"), priority: next.int("priority"), position: next.int64("position"))
            : nil
    }

    /// The number of the first type at or after `type` that has deferred tasks.
    func typeWithDeferredTasks(from type: Int64) throws -> Int64? {
        let next = try BoundStatement(
            self, "SELECT type FROM open INDEXED BY open_deferred WHERE attempt IS NOT NULL AND type >= :type ORDER BY type LIMIT 1"
        )
        try next.bind(type, to: ":type")
        return try next.step() ? next.int64("type") : nil
    }
}
