import GRDB
import TaskGridCore
import TaskStore

/// The states of tasks, read without their payloads and results.
struct TaskStates {
    private enum Column: Int32, StatementColumn {
        case type, state, endedAttempt, attempt, due, isPassed

        var sql: String {
            switch self {
            case .type: "task.type"
            case .state: "ending.state"
            case .endedAttempt: "ending.attempt"
            case .attempt: "open.attempt"
            case .due: "open.due"
            case .isPassed: "task.id <= coalesce(cursor.id, 0)"
            }
        }
    }

    private static let select = """
        SELECT \(Column.selected)
        FROM task LEFT JOIN ending ON ending.id = task.id
            LEFT JOIN open ON open.id = task.id
            LEFT JOIN cursor ON cursor.type = task.type AND cursor.priority = task.priority
        WHERE task.id = ?
        """

    static func states(_ ids: [TaskID], _ database: Database) throws -> [StoredState] {
        let types = TypeTable(database)
        return try ids.compactMap { try stored(of: $0, database, types) }
    }

    /// Nil where the task is not known.
    static func stored(of id: TaskID, _ database: Database, _ types: TypeTable) throws -> StoredState? {
        let row = try BoundStatement(database, select)
        try row.bind(id.rawValue, at: 1)
        guard try row.step() else { return nil }
        func stored(_ state: TaskState, _ attempt: Int) throws -> StoredState {
            StoredState(id: id, type: try types.type(row.int64(Column.type)), state: state, attempt: attempt)
        }
        if !row.isNull(Column.state) {
            guard let state = UInt8(exactly: row.int64(Column.state)).flatMap(TaskState.init), state.isTerminal else {
                throw StoreError(.corrupt, "task \(id) has the invalid final state \(row.int64(Column.state))")
            }
            return try stored(state, row.int(Column.endedAttempt))
        }
        guard row.isNull(Column.attempt) else {
            let state: TaskState = row.isNull(Column.due) ? .queued : row.int64(Column.due) == 0 ? .pending : .scheduled
            return try stored(state, row.int(Column.attempt))
        }
        return try row.int(Column.isPassed) != 0 ? stored(.queued, 1) : stored(.pending, 0)
    }
}
