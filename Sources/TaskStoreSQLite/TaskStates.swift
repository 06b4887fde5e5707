import GRDB
import TaskGridCore
import TaskStore

/// The states of tasks, read without their payloads and results.
struct TaskStates {
    private enum Column: Int32, StateColumn {
        case id, type, state, endedAttempt, attempt, due, isPassed

        var sql: String {
            switch self {
            case .id, .type: "task.\(name)"
            case .state: "ending.state"
            case .endedAttempt: "ending.attempt"
            case .attempt, .due: "open.\(name)"
            case .isPassed: "task.id <= coalesce(cursor.id, 0)"
            }
        }
    }

    private static let select = "SELECT \(Column.selected) FROM task \(TaskState.joins) WHERE task.id = :id"

    static func states(_ ids: [TaskID], _ database: Database) throws -> [StoredState] {
        let types = TypeTable(database)
        return try ids.compactMap { try stored(of: $0, database, types) }
    }

    /// Nil where the task is not known.
    static func stored(of id: TaskID, _ database: Database, _ types: TypeTable) throws -> StoredState? {
        let row = try BoundStatement(database, select)
        try row.bind(id.rawValue, to: ":id")
        guard try row.step() else { return nil }
        let (state, attempt) = try TaskState.stored(row: row, as: Column.self)
        return StoredState(id: id, type: try types.type(row.int64(Column.type)), state: state, attempt: attempt)
    }
}
