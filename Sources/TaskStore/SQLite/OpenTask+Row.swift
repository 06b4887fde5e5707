import TaskGridCore

extension OpenTask {
    /// The columns that `init(row:)` reads, from `open`, `task` and `submission` joined; further ones start at `columnCount`.
    static let columns = """
        open.id, open.type, open.priority, open.attempt, open.failures, open.interruptions, open.expires, task.max_attempts, task.timeout,
        submission.created, submission.client, submission.correlation, submission.form, task.position
        """
    static let columnCount: Int32 = 14

    /// From rows of `open`, each with its task and its submission.
    static let join = """
        open CROSS JOIN task ON task.id = open.id CROSS JOIN submission ON submission.first = task.id - task.position
        """

    /// - Parameters:
    ///   - pathAttempt: Its attempt where it is not aside.
    ///   - before: The task read before: where it is the neighbour in the same submission, its names are this one's too.
    init(row: borrowing BoundStatement, types: TypeTable, pathAttempt: Int, before: OpenTask? = nil) throws {
        let isNeighbour = row.int(13) > 0 && before?.id.rawValue == row.int64(0) - 1
        self.init(
            id: TaskID(row.int64(0)), type: try types.type(row.int64(1)), priority: row.int(2),
            created: Timestamp(rawValue: row.int64(9)), attempt: row.optionalInt64(3).map(Int.init) ?? pathAttempt, failures: row.int(4),
            interruptions: row.int(5), maxAttempts: row.int(7), timeout: row.optionalInt64(8).map(Duration.milliseconds),
            expires: row.optionalInt64(6).map(Timestamp.init(rawValue:)), client: isNeighbour ? before?.client : row.text(10),
            correlation: isNeighbour ? before?.correlation : row.text(11),
            form: MessageForm(number: row.int(12))
        )
    }
}
