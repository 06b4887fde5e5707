import GRDB
import TaskGridCore
import TaskStore

/// The states of tasks, read without their payloads and results.
struct TaskStates {
    private static let select = """
        SELECT task.type, ending.state, ending.attempt, open.attempt, open.due, task.id <= coalesce(cursor.id, 0)
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
            StoredState(id: id, type: try types.type(row.int64(0)), state: state, attempt: attempt)
        }
        if !row.isNull(1) {
            guard let state = UInt8(exactly: row.int64(1)).flatMap(TaskState.init), state.isTerminal else {
                throw StoreError(.corrupt, "task \(id) has ended in a state that is none: \(row.int64(1))")
            }
            return try stored(state, row.int(2))
        }
        guard row.isNull(3) else { return try stored(row.isNull(4) ? .queued : row.int64(4) == 0 ? .pending : .scheduled, row.int(3)) }
        return try row.int(5) != 0 ? stored(.queued, 1) : stored(.pending, 0)
    }
}
