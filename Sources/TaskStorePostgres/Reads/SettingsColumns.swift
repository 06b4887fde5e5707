import AMQP
import Postgres
import TaskGridCore
import TaskStore

/// The columns of `task` with the settings of an accepted task.
struct SettingsColumns {
    static let columns = "task.priority, task.max_attempts, task.timeout, task.backoff"

    private let priority: PostgresColumn<Int16>
    private let maxAttempts: PostgresColumn<Int32>
    private let timeout: PostgresColumn<Int64>
    private let backoff: PostgresColumn<String>

    init(_ rows: PostgresRows) throws {
        (priority, maxAttempts) = (try rows.column("priority"), try rows.column("max_attempts"))
        (timeout, backoff) = (try rows.column("timeout"), try rows.column("backoff"))
    }

    /// Reads the settings of a row. They are those `before`, shared, where these say the same.
    func settings(_ row: Int, before: TaskSettings? = nil) throws -> TaskSettings {
        let priority = Int(try priority[row])
        let maxAttempts = Int(try maxAttempts[row])
        let timeout = try timeout[ifPresent: row].map { Duration.milliseconds($0) }
        let text = try backoff[ifPresent: row]
        if let before, before.priority == priority, before.maxAttempts == maxAttempts, before.timeout == timeout, text == nil,
            before.backoff == nil
        {
            return before
        }
        var backoff: Backoff?
        if let text {
            backoff = Backoff(text)
            guard backoff != nil else { throw StoreError(.corrupt, "a task has the invalid backoff '\(text)'") }
        }
        return TaskSettings(maxAttempts: maxAttempts, backoff: backoff, timeout: timeout, priority: priority)
    }
}
