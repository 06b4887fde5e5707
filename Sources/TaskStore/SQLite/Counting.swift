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

    /// Counts ranges of the index rather than looking at each row, and corrects for the few that are aside.
    private static func countOpen(_ type: Int64, in database: Database, into counts: inout TaskCounts) throws {
        let range = try BoundStatement(
            database, "SELECT count(*) FROM open WHERE type = ? AND priority = ? AND id > ? AND id <= ?"
        )
        func count(_ path: OpenPath, _ after: Int64, _ last: Int64) throws -> Int {
            try range.bind(type, at: 1)
            try range.bind(path.priority, at: 2)
            try range.bind(after, at: 3)
            try range.bind(last, at: 4)
            defer { range.reset() }
            return try range.step() ? range.int(0) : 0
        }
        for path in try database.openPaths(of: type) {
            counts.queued += try count(path, .min, path.cursor)
            counts.pending += try count(path, path.cursor, .max)
        }
        let aside = try BoundStatement(
            database,
            """
            SELECT open.due IS NULL, open.id > coalesce(cursor.id, 0), count(*)
            FROM open INDEXED BY open_aside LEFT JOIN cursor ON cursor.type = open.type AND cursor.priority = open.priority
            WHERE open.type = ? AND open.attempt IS NOT NULL GROUP BY 1, 2
            """
        )
        try aside.bind(type, at: 1)
        while try aside.step() {
            let isHandedOut = aside.int(0) != 0
            let isBeyond = aside.int(1) != 0
            let number = aside.int(2)
            if isBeyond { counts.pending -= number } else { counts.queued -= number }
            if isHandedOut { counts.queued += number } else { counts.scheduled += number }
        }
    }
}
