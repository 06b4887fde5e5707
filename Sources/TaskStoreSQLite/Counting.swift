import GRDB
import TaskGridCore
import TaskStore

/// Counts the tasks of types in one snapshot.
struct Counting {
    /// Of a row of `type`.
    fileprivate enum Column: Int32, StatementColumn {
        case id, submitted, succeeded, failed, cancelled, expired
    }

    /// Of the deferred tasks of a type.
    private enum DeferredColumn: Int32, StatementColumn {
        case type, scheduled, queued, pending

        var sql: String {
            switch self {
            case .type: "type"
            case .scheduled: "count(nullif(due, 0))"
            case .queued: "count(*) - count(due)"
            case .pending: "count(*) FILTER (WHERE due = 0)"
            }
        }
    }

    private let database: Database

    init(_ database: Database) {
        self.database = database
    }

    /// - Parameter types: those that are asked for; nil: all.
    func counts(of types: Set<TaskType>?) throws -> [TaskType: TaskCounts] {
        guard let types else { return try countsOfAll() }
        let table = TypeTable(database)
        let counters = try BoundStatement(
            database, "SELECT \(Column.selected) FROM type WHERE id = :type"
        )
        var counts: [TaskType: TaskCounts] = [:]
        for type in types {
            guard let number = try table.number(of: type) else { continue }
            try counters.bind(number, to: ":type")
            var count = try counters.step() ? TaskCounts(counters: counters) : TaskCounts()
            counters.reset()
            for cursor in try database.cursors(of: number) { try add(cursor, to: &count) }
            try countDeferred(of: number) { count.addDeferred(scheduled: $1, queued: $2, pending: $3) }
            counts[type] = count
        }
        return counts
    }

    /// One walk over what is open, whatever number of types has nothing.
    private func countsOfAll() throws -> [TaskType: TaskCounts] {
        let counters = try BoundStatement(
            database, "SELECT \(Column.selected) FROM type WHERE id <> \(Schema.residualType)")
        var counts: [Int64: TaskCounts] = [:]
        while try counters.step() { counts[counters.int64(Column.id)] = TaskCounts(counters: counters) }
        var next = (type: Int64(0), priority: Int.min)
        while let cursor = try database.cursor(from: next.type, next.priority) {
            try add(cursor, to: &counts[cursor.type, default: TaskCounts()])
            next = (cursor.type, cursor.priority + 1)
        }
        try countDeferred(of: nil) { counts[$0, default: TaskCounts()].addDeferred(scheduled: $1, queued: $2, pending: $3) }
        let names = try TypeTable.names(database)
        return Dictionary(
            uniqueKeysWithValues: try counts.map { number, counts in
                guard let type = names[number] else {
                    throw StoreError(.corrupt, "a row is of type number \(number), which the type table lacks")
                }
                return (type, counts)
            }
        )
    }

    /// The counters of the types that were forgotten.
    func countsOfForgotten() throws -> TaskCounts {
        let residual = try BoundStatement(
            database, "SELECT \(Column.selected) FROM type WHERE id = \(Schema.residualType)"
        )
        return try residual.step() ? TaskCounts(counters: residual) : TaskCounts()
    }

    private func countDeferred(
        of type: Int64?, _ add: (_ type: Int64, _ scheduled: Int, _ queued: Int, _ pending: Int) -> Void
    ) throws {
        let deferred = try BoundStatement(
            database,
            """
            SELECT \(DeferredColumn.selected) FROM open INDEXED BY open_deferred
            WHERE \(type == nil ? "" : "type = :type AND ")attempt IS NOT NULL GROUP BY type
            """
        )
        if let type { try deferred.bind(type, to: ":type") }
        while try deferred.step() {
            add(
                deferred.int64(DeferredColumn.type), deferred.int(DeferredColumn.scheduled), deferred.int(DeferredColumn.queued),
                deferred.int(DeferredColumn.pending)
            )
        }
    }

    /// Adds up the ranges of a cursor, rather than looking at each task.
    private func add(_ cursor: TypeCursor, to counts: inout TaskCounts) throws {
        let passed = try BoundStatement(
            database,
            """
            SELECT coalesce(sum(iif(first <= :position, rest, 0)), 0) AS passed, coalesce(sum(rest), 0) AS open FROM open_range
            WHERE type = :type AND priority = :priority
            """
        )
        try passed.bind(cursor.type, to: ":type")
        try passed.bind(cursor.priority, to: ":priority")
        try passed.bind(cursor.position, to: ":position")
        guard try passed.step() else { return }
        let waiting = try pending(cursor)
        counts.queued += try passed.int("passed") - waiting
        counts.pending += try passed.int("open") - passed.int("passed") + waiting
    }

    /// How many tasks wait in the range that the cursor is within.
    private func pending(_ cursor: TypeCursor) throws -> Int {
        let within = try BoundStatement(
            database,
            """
            SELECT last, rest > last - first AS is_whole FROM open_range
            WHERE type = :type AND priority = :priority AND first <= :position ORDER BY first DESC LIMIT 1
            """
        )
        try within.bind(cursor.type, to: ":type")
        try within.bind(cursor.priority, to: ":priority")
        try within.bind(cursor.position, to: ":position")
        guard try within.step(), case let last = try within.int64("last"), last > cursor.position else { return 0 }
        if try within.int("is_whole") != 0 { return Int(last - cursor.position) }
        let count = try BoundStatement(
            database,
            """
            SELECT count(*) AS count FROM task LEFT JOIN open ON open.id = task.id
            WHERE task.id > :position AND task.id <= :last AND open.attempt IS NULL AND NOT EXISTS (SELECT 1 FROM ending WHERE id = task.id)
            """
        )
        try count.bind(cursor.position, to: ":position")
        try count.bind(last, to: ":last")
        return try count.step() ? count.int("count") : 0
    }
}

extension TaskCounts {
    /// From the durable columns, the first of which is the number of the type.
    fileprivate init(counters: borrowing BoundStatement) {
        self.init()
        submitted = counters.int(Counting.Column.submitted)
        succeeded = counters.int(Counting.Column.succeeded)
        failed = counters.int(Counting.Column.failed)
        cancelled = counters.int(Counting.Column.cancelled)
        expired = counters.int(Counting.Column.expired)
    }

    fileprivate mutating func addDeferred(scheduled: Int, queued: Int, pending: Int) {
        self.pending += pending
        self.scheduled += scheduled
        self.queued += queued
    }
}
