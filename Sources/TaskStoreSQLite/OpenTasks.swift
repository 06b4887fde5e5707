import GRDB
import TaskGridCore
import TaskStore

/// The reads that a dispatcher makes of tasks that have not ended.
struct OpenTasks {
    let database: Database
    let types: TypeTable

    init(_ database: Database) {
        self.database = database
        types = TypeTable(database)
    }

    /// A page of the tasks that are handed out, of all types: cursor after cursor, then those that are deferred, type after type.
    func handedOut(after position: HandedOutPosition?, limit: Int) throws -> HandedOutPage {
        let position = try position.map(HandedOutCursor.init)
        var tasks: [OpenTask] = []
        tasks.reserveCapacity(limit)
        if position?.isDeferred != true, let next = try readRanges(after: position, limit: limit, into: &tasks) {
            return HandedOutPage(tasks: tasks, next: next.position)
        }
        let next = try readDeferred(after: position?.isDeferred == true ? position : nil, limit: limit, into: &tasks)
        return HandedOutPage(tasks: tasks, next: next?.position)
    }

    /// - Returns: The place to go on from, if the page is full.
    private func readRanges(
        after position: HandedOutCursor?, limit: Int, into tasks: inout [OpenTask]
    ) throws -> HandedOutCursor? {
        let passed = try BoundStatement(
            database,
            """
            SELECT \(OpenTask.columns) FROM \(OpenTask.inRanges) AND open_range.first <= :position AND task.id <= :position
            ORDER BY open_range.first, task.id LIMIT :limit
            """
        )
        var (type, priority) = (position?.type ?? 0, position?.priority ?? .min)
        var after = position?.id ?? 0
        while let cursor = try database.cursor(from: type, priority) {
            if (cursor.type, cursor.priority) != (type, priority) { after = 0 }
            try passed.bind(cursor.type, to: ":type")
            try passed.bind(cursor.priority, to: ":priority")
            try passed.bind(after + 1, to: ":from")
            try passed.bind(cursor.position, to: ":position")
            try passed.bind(limit - tasks.count, to: ":limit")
            while try passed.step() { tasks.append(try OpenTask(row: passed, types: types, cursorAttempt: 1, before: tasks.last)) }
            passed.reset()
            if tasks.count >= limit {
                return HandedOutCursor(
                    isDeferred: false, type: cursor.type, priority: cursor.priority, id: tasks.last?.id.rawValue ?? after)
            }
            (type, priority, after) = (cursor.type, cursor.priority + 1, 0)
        }
        return nil
    }

    /// - Returns: The place to go on from, if the page is full.
    private func readDeferred(
        after position: HandedOutCursor?, limit: Int, into tasks: inout [OpenTask]
    ) throws -> HandedOutCursor? {
        let deferred = try BoundStatement(
            database,
            """
            SELECT \(OpenTask.columns) FROM \(OpenTask.rows)
            WHERE open.type = :type AND open.attempt IS NOT NULL AND open.due IS NULL AND open.id > :after
            ORDER BY open.id LIMIT :limit
            """
        )
        var after = position?.id ?? 0
        var from = position?.type ?? 0
        while let type = try database.typeWithDeferredTasks(from: from) {
            if type != from { after = 0 }
            try deferred.bind(type, to: ":type")
            try deferred.bind(after, to: ":after")
            try deferred.bind(limit - tasks.count, to: ":limit")
            while try deferred.step() { tasks.append(try OpenTask(row: deferred, types: types, cursorAttempt: 0, before: tasks.last)) }
            deferred.reset()
            if tasks.count >= limit {
                return HandedOutCursor(isDeferred: true, type: type, id: tasks.last?.id.rawValue ?? after)
            }
            (from, after) = (type + 1, 0)
        }
        return nil
    }

    /// When the next scheduled task of each type is due.
    ///
    /// - Parameter only: the types to look at; nil: all.
    func nextDue(_ only: Set<TaskType>?) throws -> [TaskType: Timestamp] {
        let query = try BoundStatement(
            database, "SELECT due FROM open WHERE type = :type AND attempt IS NOT NULL AND due IS NOT NULL ORDER BY due LIMIT 1"
        )
        var due: [TaskType: Timestamp] = [:]
        func look(_ type: TaskType, _ number: Int64) throws {
            try query.bind(number, to: ":type")
            if try query.step() { due[type] = Timestamp(rawValue: try query.int64("due")) }
            query.reset()
        }
        if let only {
            for type in only { if let number = try types.number(of: type) { try look(type, number) } }
            return due
        }
        var from: Int64 = 0
        while let number = try database.typeWithDeferredTasks(from: from) {
            try look(types.type(number), number)
            from = number + 1
        }
        return due
    }

    func expired(at time: Timestamp, limit: Int) throws -> [OpenTask] {
        let query = try BoundStatement(
            database,
            """
            SELECT \(Self.columns) FROM \(OpenTask.rows) \(Self.cursor)
            WHERE open.expires IS NOT NULL AND open.expires <= :time ORDER BY open.expires LIMIT :limit
            """
        )
        try query.bind(time.rawValue, to: ":time")
        try query.bind(max(0, limit), to: ":limit")
        var tasks: [OpenTask] = []
        while try query.step() {
            tasks.append(try OpenTask(row: query, types: types, cursorAttempt: query.int(CursorColumn.attempt)))
        }
        return tasks
    }

    func tasks(_ ids: [TaskID]) throws -> [OpenTask] {
        let query = try BoundStatement(
            database,
            """
            SELECT \(Self.columns) FROM task CROSS JOIN submission ON submission.first = task.id - task.position
                LEFT JOIN open ON open.id = task.id \(Self.cursor)
            WHERE task.id = :id AND NOT EXISTS (SELECT 1 FROM ending WHERE id = :id)
            """
        )
        return try ids.compactMap { id in
            try query.bind(id.rawValue, to: ":id")
            defer { query.reset() }
            guard try query.step() else { return nil }
            return try OpenTask(row: query, types: types, cursorAttempt: query.int(CursorColumn.attempt))
        }
    }

    /// After the columns of `OpenTask`.
    private enum CursorColumn: Int32, StatementColumn {
        /// The task's attempt where it is not deferred.
        case attempt

        static var offset: Int32 { OpenTask.Column.count }
        var sql: String { "task.id <= coalesce(cursor.id, 0)" }
    }

    private static let columns = "\(OpenTask.columns), \(CursorColumn.selected)"
    private static let cursor = "LEFT JOIN cursor ON cursor.type = task.type AND cursor.priority = task.priority"
}
