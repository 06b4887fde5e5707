import Postgres
package import TaskGridCore
package import TaskStore

/// Reads of tasks that have not ended.
enum OpenReads {
    /// A task, with the id of its submission's first.
    private static let task = "SELECT *, id - \"position\" AS first FROM task"

    /// The submission of a task, and its row of `open` if it has one.
    private static let owner = """
        CROSS JOIN LATERAL (SELECT * FROM submission WHERE submission.first = task.first LIMIT 1) AS owner
        LEFT JOIN LATERAL (SELECT * FROM open WHERE open.id = task.id LIMIT 1) AS open ON true
        """

    /// Whether the cursor of a task has passed it: of one that is not deferred, its attempt.
    private static let cursorAttempt = """
        coalesce((
            SELECT cursor.id >= task.id FROM cursor
            WHERE cursor.slot = $1::integer AND cursor.type = task.type AND cursor.priority = task.priority LIMIT 1
        ), false) AS is_passed
        """

    /// Up to `$5` tasks before the cursors, after task `$4` of the cursor of type `$2` and priority `$3`.
    static let handedOut = PostgresQuery(
        "handed_out",
        """
        SELECT \(OpenTaskRows.columns), \(TypeReads.name) FROM (
            SELECT open_range.*, cursor.id AS position,
                CASE WHEN open_range.type = $2::integer AND open_range.priority = $3::smallint THEN $4::bigint ELSE 0 END AS after
            FROM open_range CROSS JOIN LATERAL (
                SELECT id FROM cursor WHERE cursor.slot = $1::integer AND cursor.type = open_range.type
                    AND cursor.priority = open_range.priority LIMIT 1
            ) AS cursor
            WHERE (open_range.type, open_range.priority, open_range.first) > ($2::integer, $3::smallint, $4::bigint - $6::bigint)
                AND open_range.first <= cursor.id
            ORDER BY open_range.type, open_range.priority, open_range.first
        ) AS range CROSS JOIN LATERAL (
            \(task) WHERE task.id >= greatest(range.first, range.after + 1) AND task.id <= least(range.last, range.position)
                AND (range.rest > range.last - range.first OR (SELECT id FROM ending WHERE ending.id = task.id LIMIT 1) IS NULL)
                AND (SELECT attempt FROM open WHERE open.id = task.id LIMIT 1) IS NULL
            ORDER BY task.id
        ) AS task \(owner)
        ORDER BY range.type, range.priority, range.first, task.id LIMIT $5::integer
        """)

    /// Up to `$2` deferred tasks that are handed out, after task `$1`.
    static let handedOutDeferred = PostgresQuery(
        "handed_out_deferred",
        """
        SELECT \(OpenTaskRows.columns), \(TypeReads.name) FROM (
            SELECT * FROM open WHERE open.id > $1::bigint AND open.attempt IS NOT NULL
                AND open.due IS NULL ORDER BY open.id LIMIT $2::integer
        ) AS found CROSS JOIN LATERAL (\(task) WHERE task.id = found.id LIMIT 1) AS task \(owner)
        ORDER BY found.id
        """)

    static let expired = PostgresQuery(
        "expired",
        """
        SELECT \(OpenTaskRows.columns), \(TypeReads.name), \(cursorAttempt) FROM (
            SELECT id, open.expires AS time FROM open WHERE open.expires IS NOT NULL AND open.expires <= $2::bigint
            ORDER BY open.expires, open.id LIMIT $3::integer
        ) AS found CROSS JOIN LATERAL (\(task) WHERE task.id = found.id LIMIT 1) AS task \(owner)
        ORDER BY found.time, found.id
        """)

    static let open = PostgresQuery(
        "open_tasks",
        """
        SELECT \(OpenTaskRows.columns), \(TypeReads.name), \(cursorAttempt) FROM unnest($2::bigint[]) WITH ORDINALITY AS asked (id, place)
        CROSS JOIN LATERAL (\(task) WHERE task.id = asked.id LIMIT 1) AS task \(owner)
        WHERE (SELECT id FROM ending WHERE ending.id = asked.id LIMIT 1) IS NULL ORDER BY asked.place
        """)
}

extension PostgresTaskStore {
    package func handedOut(after position: HandedOutPosition?, limit: Int) async throws(StoreError) -> HandedOutPage {
        try await call { [readers] in
            let position = try position.map(HandedOutCursor.init)
            return try await readers.withSnapshot { snapshot in
                var tasks: [OpenTask] = []
                if position?.isDeferred != true {
                    let statement = OpenReads.handedOut(
                        SlotState.number, position?.type ?? 0, position?.priority ?? .min, position?.id ?? 0, Int32(clamping: limit),
                        Int64(OpenRange.maximumLength))
                    let found = try await snapshot.run([statement])[0]
                    let rows = try OpenTaskRows(found)
                    let name = try found.column("type_name", String.self)
                    for row in rows.indices {
                        tasks.append(try rows.task(row, type: TaskType(stored: name[row]), cursorAttempt: 1, before: tasks.last))
                    }
                    if let last = rows.indices.last, tasks.count >= limit {
                        return HandedOutPage(tasks: tasks, next: try rows.position(last))
                    }
                }
                let after = position?.isDeferred == true ? position?.id ?? 0 : 0
                let room = limit - tasks.count
                let found = try await snapshot.run([OpenReads.handedOutDeferred(after, Int32(clamping: room))])[0]
                let rows = try OpenTaskRows(found)
                let name = try found.column("type_name", String.self)
                for row in rows.indices {
                    tasks.append(try rows.task(row, type: TaskType(stored: name[row]), cursorAttempt: 0, before: tasks.last))
                }
                let last = try rows.indices.last.map { try rows.id[$0] } ?? after
                let next = found.count < room ? nil : HandedOutCursor(isDeferred: true, type: 0, priority: 0, id: last).position
                return HandedOutPage(tasks: tasks, next: next)
            }
        }
    }

    package func expired(at time: Timestamp, limit: Int) async throws(StoreError) -> [OpenTask] {
        try await openTasks(OpenReads.expired(SlotState.number, time.rawValue, Int32(clamping: max(0, limit))))
    }

    package func open(_ ids: [TaskID]) async throws(StoreError) -> [OpenTask] {
        try await openTasks(OpenReads.open(SlotState.number, ids.map(\.rawValue)))
    }

    private func openTasks(_ statement: PostgresStatement) async throws(StoreError) -> [OpenTask] {
        try await call { [readers] in
            let found = try await readers.run([statement])[0]
            let rows = try OpenTaskRows(found)
            let (name, isPassed) = (try found.column("type_name", String.self), try found.column("is_passed", Bool.self))
            return try rows.indices.map { row in
                try rows.task(row, type: TaskType(stored: name[row]), cursorAttempt: try isPassed[row] ? 1 : 0)
            }
        }
    }
}

/// How far the handed-out tasks have been read: those before the cursors first, then those that are deferred.
struct HandedOutCursor {
    /// The tasks before the cursors are read.
    let isDeferred: Bool
    let type: Int32
    let priority: Int16
    /// Only ids above.
    let id: Int64

    init(isDeferred: Bool, type: Int32, priority: Int16, id: Int64) {
        self.isDeferred = isDeferred
        self.type = type
        self.priority = priority
        self.id = id
    }

    init(_ position: HandedOutPosition) throws {
        guard position.token.count == 4, let type = Int32(exactly: position.token[1]), let priority = Int16(exactly: position.token[2])
        else {
            throw StoreError(.badRequest, "the position in the handed-out tasks is another store's")
        }
        self.init(isDeferred: position.token[0] != 0, type: type, priority: priority, id: position.token[3])
    }

    var position: HandedOutPosition { HandedOutPosition(token: [isDeferred ? 1 : 0, Int64(type), Int64(priority), id]) }
}
