import TaskGridCore
import TaskStore

/// Columns that say in which state a task is, of `task` joined with `ending`, `open` and `cursor`.
protocol StateColumn: StatementColumn {
    static var id: Self { get }
    static var state: Self { get }
    static var endedAttempt: Self { get }
    static var attempt: Self { get }
    static var due: Self { get }
    static var isPassed: Self { get }
}

extension TaskState {
    /// The joins of an SQL statement to `task` that reads a `StateColumn` list.
    static let joins = """
        LEFT JOIN ending ON ending.id = task.id LEFT JOIN open ON open.id = task.id
        LEFT JOIN cursor ON cursor.type = task.type AND cursor.priority = task.priority
        """

    /// Reads the state of a task, and the number of its latest hand-out: the table of ``Schema`` says how they stand in the rows.
    static func stored<Column: StateColumn>(
        row: borrowing BoundStatement, as columns: Column.Type
    ) throws -> (state: TaskState, attempt: Int) {
        if !row.isNull(Column.state) {
            let number = row.int64(Column.state)
            guard let state = UInt8(exactly: number).flatMap(TaskState.init), state.isTerminal else {
                throw StoreError(.corrupt, "task \(row.int64(Column.id)) has the invalid final state \(number)")
            }
            return (state, row.int(Column.endedAttempt))
        }
        guard row.isNull(Column.attempt) else {
            let due = row.optionalInt64(Column.due).map(Timestamp.init)
            return (due == nil ? .queued : due == .atOnce ? .pending : .scheduled, row.int(Column.attempt))
        }
        return row.int(Column.isPassed) != 0 ? (.queued, 1) : (.pending, 0)
    }
}
