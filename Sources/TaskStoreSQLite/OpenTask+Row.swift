import TaskGridCore
import TaskStore

extension OpenTask {
    /// The columns that `init(row:)` reads, from `task`, `submission` and `open` joined; further ones start at `columnCount`.
    static let columns = """
        task.id, task.type, open.attempt, coalesce(open.failures, 0), coalesce(open.interruptions, 0), open.expires,
        submission.created, submission.client, submission.correlation, submission.form, task.position, \(TaskSettings.selected)
        """
    static let columnCount = 11 + TaskSettings.columnCount

    /// From the rows of `open`, each with its task and its submission.
    static let rows = """
        open CROSS JOIN task ON task.id = open.id CROSS JOIN submission ON submission.first = task.id - task.position
        """

    /// The open tasks of one type and priority from some id on; `?1` is the type, `?2` the priority, `?3` the least id. A range of which nothing
    /// has ended or was deferred is not searched for endings; of one, the submission is looked up once.
    static let inRanges = """
        open_range CROSS JOIN submission ON submission.first = (SELECT max(first) FROM submission WHERE first <= open_range.first)
        CROSS JOIN task ON task.id BETWEEN max(open_range.first, ?3) AND open_range.last LEFT JOIN open ON open.id = task.id
        WHERE open_range.type = ?1 AND open_range.priority = ?2 AND open_range.first >= coalesce(
            (SELECT first FROM open_range WHERE type = ?1 AND priority = ?2 AND first <= ?3 ORDER BY first DESC LIMIT 1), 0)
        AND open.attempt IS NULL AND \(isNotEnded)
        """

    /// Of a task in a range.
    static let isNotEnded = """
        (open_range.rest > open_range.last - open_range.first OR NOT EXISTS (SELECT 1 FROM ending WHERE ending.id = task.id))
        """

    /// `cursorAttempt` is the task's attempt if it is not deferred. `before` is the task read before: if it is the neighbour in the same
    /// submission, its names are this one's too, and so are its settings if they say the same.
    init(row: borrowing BoundStatement, types: TypeTable, cursorAttempt: Int, before: OpenTask? = nil) throws {
        let isNeighbour = row.int(10) > 0 && before?.id.rawValue == row.int64(0) - 1
        self.init(
            id: TaskID(row.int64(0)), type: try types.type(row.int64(1)),
            settings: try TaskSettings(row: row, from: 11, before: before?.settings),
            created: Timestamp(rawValue: row.int64(6)), attempt: row.optionalInt64(2).map(Int.init) ?? cursorAttempt, failures: row.int(3),
            interruptions: row.int(4), expires: row.optionalInt64(5).map(Timestamp.init(rawValue:)),
            client: isNeighbour ? before?.client : row.text(7), correlation: isNeighbour ? before?.correlation : row.text(8),
            form: MessageForm(number: row.int(9))
        )
    }
}
