import TaskGridCore
import TaskStore

extension OpenTask {
    /// The columns that `init(row:)` reads, from `task`, `submission` and `open` joined.
    enum Column: Int32, SettingsColumn {
        case id, type, attempt, failures, interruptions, expires, created, client, correlation, form, position
        case priority, maxAttempts, timeout, backoff

        static let count = Int32(allCases.count)

        var sql: String {
            switch self {
            case .attempt, .expires: "open.\(name)"
            case .failures, .interruptions: "coalesce(open.\(name), 0)"
            case .created, .client, .correlation, .form: "submission.\(name)"
            case .id, .type, .position, .priority, .maxAttempts, .timeout, .backoff: "task.\(name)"
            }
        }
    }

    /// The columns of a SELECT; further ones stand after them.
    static let columns = Column.selected

    /// From the rows of `open`, each with its task and its submission.
    static let rows = """
        open CROSS JOIN task ON task.id = open.id CROSS JOIN submission ON submission.first = task.id - task.position
        """

    /// The open tasks of one type and priority from some id on; `:type` is the type, `:priority` the priority, `:from` the least id. A
    /// range of which nothing has ended or was deferred is not searched for endings; of one, the submission is looked up once.
    static let inRanges = """
        open_range CROSS JOIN submission ON submission.first = (SELECT max(first) FROM submission WHERE first <= open_range.first)
        CROSS JOIN task ON task.id BETWEEN max(open_range.first, :from) AND open_range.last LEFT JOIN open ON open.id = task.id
        WHERE open_range.type = :type AND open_range.priority = :priority AND open_range.first >= coalesce(
            (SELECT first FROM open_range WHERE type = :type AND priority = :priority AND first <= :from ORDER BY first DESC LIMIT 1), 0)
        AND open.attempt IS NULL AND \(isNotEnded)
        """

    /// Of a task in a range.
    static let isNotEnded = """
        (open_range.rest > open_range.last - open_range.first OR NOT EXISTS (SELECT 1 FROM ending WHERE ending.id = task.id))
        """

    /// `cursorAttempt` is the task's attempt if it is not deferred. `before` is the task read before: if it is the neighbour in the same
    /// submission, its names are this one's too, and so are its settings if they say the same.
    init(row: borrowing BoundStatement, types: TypeTable, cursorAttempt: Int, before: OpenTask? = nil) throws {
        let isNeighbour = row.int(Column.position) > 0 && before?.id.rawValue == row.int64(Column.id) - 1
        self.init(
            id: TaskID(row.int64(Column.id)), type: try types.type(row.int64(Column.type)),
            settings: try TaskSettings(row: row, as: Column.self, before: before?.settings),
            created: Timestamp(rawValue: row.int64(Column.created)),
            attempt: row.optionalInt64(Column.attempt).map(Int.init) ?? cursorAttempt, failures: row.int(Column.failures),
            interruptions: row.int(Column.interruptions), expires: row.optionalInt64(Column.expires).map(Timestamp.init(rawValue:)),
            client: isNeighbour ? before?.client : row.text(Column.client),
            correlation: isNeighbour ? before?.correlation : row.text(Column.correlation), form: MessageForm(number: row.int(Column.form))
        )
    }
}
