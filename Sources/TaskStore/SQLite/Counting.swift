import GRDB
import TaskGridCore

/// Counts the tasks of types in one snapshot.
struct Counting {
    private let database: Database

    init(_ database: Database) {
        self.database = database
    }

    /// - Parameter types: those that are asked for; nil: all.
    func counts(of types: Set<TaskType>?) throws -> [TaskType: TaskCounts] {
        guard let types else { return try countsOfAll() }
        let table = TypeTable(database)
        let tallies = try BoundStatement(
            database, "SELECT id, submitted, succeeded, failed, cancelled, expired FROM type WHERE id = ?"
        )
        var counts: [TaskType: TaskCounts] = [:]
        for type in types {
            guard let number = try table.number(of: type) else { continue }
            try tallies.bind(number, at: 1)
            var count = try tallies.step() ? TaskCounts(tallies: tallies) : TaskCounts()
            tallies.reset()
            for path in try database.openPaths(of: number) { try add(path, to: &count) }
            try countAside("type = ?1 AND", [number]) { count.addAside(scheduled: $1, queued: $2, pending: $3) }
            counts[type] = count
        }
        return counts
    }

    /// One walk over what is open, whatever number of types has nothing.
    private func countsOfAll() throws -> [TaskType: TaskCounts] {
        let tallies = try BoundStatement(
            database, "SELECT id, submitted, succeeded, failed, cancelled, expired FROM type WHERE id <> \(Schema.residualType)")
        var counts: [Int64: TaskCounts] = [:]
        while try tallies.step() { counts[tallies.int64(0)] = TaskCounts(tallies: tallies) }
        var next = (type: Int64(0), priority: Int.min)
        while let path = try database.openPath(from: next.type, next.priority) {
            try add(path, to: &counts[path.type, default: TaskCounts()])
            next = (path.type, path.priority + 1)
        }
        try countAside("", []) { counts[$0, default: TaskCounts()].addAside(scheduled: $1, queued: $2, pending: $3) }
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
            database, "SELECT id, submitted, succeeded, failed, cancelled, expired FROM type WHERE id = \(Schema.residualType)"
        )
        return try residual.step() ? TaskCounts(tallies: residual) : TaskCounts()
    }

    private func countAside(
        _ condition: String, _ arguments: [Int64], _ add: (_ type: Int64, _ scheduled: Int, _ queued: Int, _ pending: Int) -> Void
    ) throws {
        let aside = try BoundStatement(
            database,
            """
            SELECT type, count(nullif(due, 0)), count(*) - count(due), count(*) FILTER (WHERE due = 0) FROM open INDEXED BY open_aside
            WHERE \(condition) attempt IS NOT NULL GROUP BY type
            """
        )
        for (index, argument) in arguments.enumerated() { try aside.bind(argument, at: Int32(index + 1)) }
        while try aside.step() { add(aside.int64(0), aside.int(1), aside.int(2), aside.int(3)) }
    }

    /// Adds up the stretches of a path, rather than looking at each task.
    private func add(_ path: OpenPath, to counts: inout TaskCounts) throws {
        let passed = try BoundStatement(
            database,
            "SELECT coalesce(sum(iif(first <= ?3, rest, 0)), 0), coalesce(sum(rest), 0) FROM stretch WHERE type = ?1 AND priority = ?2"
        )
        try passed.bind(path.type, at: 1)
        try passed.bind(path.priority, at: 2)
        try passed.bind(path.cursor, at: 3)
        guard try passed.step() else { return }
        let waiting = try pending(path)
        counts.queued += passed.int(0) - waiting
        counts.pending += passed.int(1) - passed.int(0) + waiting
    }

    /// How many tasks wait in the stretch that the cursor is within.
    private func pending(_ path: OpenPath) throws -> Int {
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

extension TaskCounts {
    /// From the durable columns, the first of which is the number of the type.
    fileprivate init(tallies: borrowing BoundStatement) {
        self.init()
        submitted = tallies.int(1)
        succeeded = tallies.int(2)
        failed = tallies.int(3)
        cancelled = tallies.int(4)
        expired = tallies.int(5)
    }

    fileprivate mutating func addAside(scheduled: Int, queued: Int, pending: Int) {
        self.pending += pending
        self.scheduled += scheduled
        self.queued += queued
    }
}
