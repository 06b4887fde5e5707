import GRDB
import TaskGridCore

/// What a dispatcher asks about tasks that have not ended.
struct OpenTasks {
    private let database: Database
    private let types: TypeTable

    init(_ database: Database) throws {
        self.database = database
        types = try TypeTable(database)
    }

    func handedOut(_ type: TaskType, after: TaskID?, limit: Int) throws -> [OpenTask] {
        guard let number = types.number(of: type), limit > 0 else { return [] }
        let after = after?.rawValue ?? 0
        var tasks: [OpenTask] = []
        let passed = try BoundStatement(
            database,
            """
            SELECT \(OpenTask.columns) FROM \(OpenTask.path) AND stretch.first <= ?4 AND task.id <= ?4
            ORDER BY stretch.first, task.id LIMIT ?5
            """
        )
        for path in try database.openPaths(of: number) {
            try passed.bind(number, at: 1)
            try passed.bind(path.priority, at: 2)
            try passed.bind(after + 1, at: 3)
            try passed.bind(path.cursor, at: 4)
            try passed.bind(limit, at: 5)
            while try passed.step() { tasks.append(try OpenTask(row: passed, types: types, pathAttempt: 1)) }
            passed.reset()
        }
        let aside = try BoundStatement(
            database,
            """
            SELECT \(OpenTask.columns) FROM \(OpenTask.rows)
            WHERE open.type = ? AND open.attempt IS NOT NULL AND open.due IS NULL AND open.id > ? ORDER BY open.id LIMIT ?
            """
        )
        try aside.bind(number, at: 1)
        try aside.bind(after, at: 2)
        try aside.bind(limit, at: 3)
        while try aside.step() { tasks.append(try OpenTask(row: aside, types: types, pathAttempt: 0)) }
        return Array(tasks.sorted { $0.id < $1.id }.prefix(limit))
    }

    func nextDue() throws -> [TaskType: Timestamp] {
        let query = try BoundStatement(
            database, "SELECT due FROM open WHERE type = ? AND attempt IS NOT NULL AND due IS NOT NULL ORDER BY due LIMIT 1"
        )
        var due: [TaskType: Timestamp] = [:]
        for (type, number) in types.entries() {
            try query.bind(number, at: 1)
            if try query.step() { due[type] = Timestamp(rawValue: query.int64(0)) }
            query.reset()
        }
        return due
    }

    func expired(at time: Timestamp, limit: Int) throws -> [OpenTask] {
        let query = try BoundStatement(
            database,
            """
            SELECT \(Self.columns) FROM \(OpenTask.rows) \(Self.cursor)
            WHERE open.expires IS NOT NULL AND open.expires <= ? ORDER BY open.expires LIMIT ?
            """
        )
        try query.bind(time.rawValue, at: 1)
        try query.bind(max(0, limit), at: 2)
        var tasks: [OpenTask] = []
        while try query.step() {
            tasks.append(try OpenTask(row: query, types: types, pathAttempt: query.int(OpenTask.columnCount)))
        }
        return tasks
    }

    func tasks(_ ids: [TaskID]) throws -> [OpenTask] {
        let query = try BoundStatement(
            database,
            """
            SELECT \(Self.columns) FROM task CROSS JOIN submission ON submission.first = task.id - task.position
                LEFT JOIN open ON open.id = task.id \(Self.cursor)
            WHERE task.id = ?1 AND NOT EXISTS (SELECT 1 FROM ending WHERE id = ?1)
            """
        )
        return try ids.compactMap { id in
            try query.bind(id.rawValue, at: 1)
            defer { query.reset() }
            guard try query.step() else { return nil }
            return try OpenTask(row: query, types: types, pathAttempt: query.int(OpenTask.columnCount))
        }
    }

    /// After the columns of `OpenTask`, its attempt where it is not aside.
    private static let columns = "\(OpenTask.columns), task.id <= coalesce(cursor.id, 0)"
    private static let cursor = "LEFT JOIN cursor ON cursor.type = task.type AND cursor.priority = task.priority"
}
