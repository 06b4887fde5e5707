import GRDB
import TaskGridCore

/// Counts the books of each type in one snapshot.
enum Counting {
    static func counts(_ database: Database) throws -> [TaskType: TaskCounts] {
        let types = try TypeTable(database)
        var books: [TaskType: TaskCounts] = [:]
        let tallies = try BoundStatement(database, "SELECT id, submitted, succeeded, failed, cancelled, expired FROM type")
        while try tallies.step() {
            var counts = TaskCounts()
            counts.submitted = tallies.int(1)
            counts.succeeded = tallies.int(2)
            counts.failed = tallies.int(3)
            counts.cancelled = tallies.int(4)
            counts.expired = tallies.int(5)
            books[try types.type(tallies.int64(0))] = counts
        }
        for (type, number) in types.entries() {
            try countOpen(number, in: database, into: &books[type, default: TaskCounts()])
        }
        return books
    }

    /// Adds the stretches up, rather than looking at each task, and those that are aside.
    private static func countOpen(_ type: Int64, in database: Database, into counts: inout TaskCounts) throws {
        let passed = try BoundStatement(
            database,
            "SELECT coalesce(sum(iif(first <= ?3, rest, 0)), 0), coalesce(sum(rest), 0) FROM stretch WHERE type = ?1 AND priority = ?2"
        )
        for path in try database.openPaths(of: type) {
            try passed.bind(type, at: 1)
            try passed.bind(path.priority, at: 2)
            try passed.bind(path.cursor, at: 3)
            guard try passed.step() else { continue }
            let waiting = try pending(path, in: database)
            counts.queued += passed.int(0) - waiting
            counts.pending += passed.int(1) - passed.int(0) + waiting
            passed.reset()
        }
        let aside = try BoundStatement(
            database, "SELECT due IS NULL, count(*) FROM open INDEXED BY open_aside WHERE type = ? AND attempt IS NOT NULL GROUP BY 1"
        )
        try aside.bind(type, at: 1)
        while try aside.step() {
            if aside.int(0) != 0 { counts.queued += aside.int(1) } else { counts.scheduled += aside.int(1) }
        }
    }

    /// How many tasks wait in the stretch that the cursor is within.
    private static func pending(_ path: OpenPath, in database: Database) throws -> Int {
        let within = try BoundStatement(
            database,
            """
            SELECT last, rest > last - first FROM stretch
            WHERE type = ?1 AND priority = ?2 AND first <= ?3 ORDER BY first DESC LIMIT 1
            """
        )
        try within.bind(path.type, at: 1)
        try within.bind(path.priority, at: 2)
        try within.bind(path.cursor, at: 3)
        guard try within.step(), case let last = within.int64(0), last > path.cursor else { return 0 }
        if within.int(1) != 0 { return Int(last - path.cursor) }
        let count = try BoundStatement(
            database,
            """
            SELECT count(*) FROM task LEFT JOIN open ON open.id = task.id
            WHERE task.id > ? AND task.id <= ? AND open.attempt IS NULL AND NOT EXISTS (SELECT 1 FROM ending WHERE id = task.id)
            """
        )
        try count.bind(path.cursor, at: 1)
        try count.bind(last, at: 2)
        return try count.step() ? count.int(0) : 0
    }
}
