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
            database, "SELECT \(Column.selected) FROM type WHERE id = ?"
        )
        var counts: [TaskType: TaskCounts] = [:]
        for type in types {
            guard let number = try table.number(of: type) else { continue }
            try counters.bind(number, at: 1)
            var count = try counters.step() ? TaskCounts(counters: counters) : TaskCounts()
            counters.reset()
            for cursor in try database.cursors(of: number) { try add(cursor, to: &count) }
            try countDeferred("type = ?1 AND", [number]) { count.addDeferred(scheduled: $1, queued: $2, pending: $3) }
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
        try countDeferred("", []) { counts[$0, default: TaskCounts()].addDeferred(scheduled: $1, queued: $2, pending: $3) }
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
        _ condition: String, _ arguments: [Int64], _ add: (_ type: Int64, _ scheduled: Int, _ queued: Int, _ pending: Int) -> Void
    ) throws {
        let deferred = try BoundStatement(
            database,
            """
            SELECT \(DeferredColumn.selected) FROM open INDEXED BY open_deferred
            WHERE \(condition) attempt IS NOT NULL GROUP BY type
            """
        )
        for (index, argument) in arguments.enumerated() { try deferred.bind(argument, at: Int32(index + 1)) }
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
            "SELECT coalesce(sum(iif(first <= ?3, rest, 0)), 0), coalesce(sum(rest), 0) FROM open_range WHERE type = ?1 AND priority = ?2"
        )
        try passed.bind(cursor.type, at: 1)
        try passed.bind(cursor.priority, at: 2)
        try passed.bind(cursor.position, at: 3)
        guard try passed.step() else { return }
        let waiting = try pending(cursor)
        counts.queued += passed.int(0) - waiting
        counts.pending += passed.int(1) - passed.int(0) + waiting
    }

    /// How many tasks wait in the range that the cursor is within.
    private func pending(_ cursor: TypeCursor) throws -> Int {
        let within = try BoundStatement(
            database,
            """
            SELECT last, rest > last - first FROM open_range
            WHERE type = ?1 AND priority = ?2 AND first <= ?3 ORDER BY first DESC LIMIT 1
            """
        )
        try within.bind(cursor.type, at: 1)
        try within.bind(cursor.priority, at: 2)
        try within.bind(cursor.position, at: 3)
        guard try within.step(), case let last = within.int64(0), last > cursor.position else { return 0 }
        if within.int(1) != 0 { return Int(last - cursor.position) }
        let count = try BoundStatement(
            database,
            """
            SELECT count(*) FROM task LEFT JOIN open ON open.id = task.id
            WHERE task.id > ? AND task.id <= ? AND open.attempt IS NULL AND NOT EXISTS (SELECT 1 FROM ending WHERE id = task.id)
            """
        )
        try count.bind(cursor.position, at: 1)
        try count.bind(last, at: 2)
        return try count.step() ? count.int(0) : 0
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
