import AMQP
import GRDB
import TaskGridCore
import TaskStore

/// Columns among which are the settings of a task.
protocol SettingsColumn: StatementColumn {
    static var priority: Self { get }
    static var maxAttempts: Self { get }
    static var timeout: Self { get }
    static var backoff: Self { get }
}

/// The settings of an accepted task in its row of `task`.
extension TaskSettings {
    func bind<Column: SettingsColumn>(to statement: borrowing BoundStatement, as columns: Column.Type) throws {
        try statement.bind(priority, to: Column.priority)
        try statement.bind(maxAttempts ?? 1, to: Column.maxAttempts)
        try statement.bind(timeout?.milliseconds, to: Column.timeout)
        try statement.bind(backoff?.description, to: Column.backoff)
    }

    /// Reads the settings of a row. They are those `before`, shared, where these say the same.
    init<Column: SettingsColumn>(row: borrowing BoundStatement, as columns: Column.Type, before: TaskSettings? = nil) throws {
        let priority = row.int(Column.priority)
        let maxAttempts = row.int(Column.maxAttempts)
        let timeout = row.optionalInt64(Column.timeout).map(Duration.milliseconds)
        let isWithoutBackoff = row.isNull(Column.backoff)
        if let before, before.priority == priority, before.maxAttempts == maxAttempts, before.timeout == timeout, isWithoutBackoff,
            before.backoff == nil
        {
            self = before
            return
        }
        var backoff: Backoff?
        if let text = row.text(Column.backoff) {
            backoff = Backoff(text)
            guard backoff != nil else { throw StoreError(.corrupt, "a task has the invalid backoff '\(text)'") }
        }
        self.init(maxAttempts: maxAttempts, backoff: backoff, timeout: timeout, priority: priority)
    }
}
