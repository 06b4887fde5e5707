import AMQP
import GRDB
import TaskGridCore
import TaskStore

/// The settings of an accepted task in its row of `task`.
extension TaskSettings {
    /// In the order in which they are bound and read.
    static let columns = ["priority", "max_attempts", "timeout", "backoff"]
    static let columnCount = Int32(columns.count)
    /// For a `SELECT`.
    static let selected = columns.map { "task.\($0)" }.joined(separator: ", ")

    /// Binds the columns from parameter `first` on.
    func bind(to statement: borrowing BoundStatement, from first: Int32) throws {
        try statement.bind(priority, at: first)
        try statement.bind(maxAttempts ?? 1, at: first + 1)
        try statement.bind(timeout?.milliseconds, at: first + 2)
        try statement.bind(backoff?.description, at: first + 3)
    }

    /// Reads the columns from number `first` on.
    ///
    /// - Parameter before: The settings read before: they are these too where they say the same.
    init(row: borrowing BoundStatement, from first: Int32, before: TaskSettings? = nil) throws {
        let priority = row.int(first)
        let maxAttempts = row.int(first + 1)
        let timeout = row.optionalInt64(first + 2).map(Duration.milliseconds)
        let isWithoutBackoff = row.isNull(first + 3)
        if let before, before.priority == priority, before.maxAttempts == maxAttempts, before.timeout == timeout, isWithoutBackoff,
            before.backoff == nil
        {
            self = before
            return
        }
        var backoff: Backoff?
        if let text = row.text(first + 3) {
            backoff = Backoff(text)
            guard backoff != nil else { throw StoreError(.corrupt, "a task's backoff is none: \(text)") }
        }
        self.init(maxAttempts: maxAttempts, backoff: backoff, timeout: timeout, priority: priority)
    }
}
