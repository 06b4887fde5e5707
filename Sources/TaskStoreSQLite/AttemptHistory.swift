import GRDB
import TaskGridCore
import TaskStore

/// The outcome of each attempt of a task.
enum AttemptHistory {
    private enum Column: Int32, StatementColumn {
        case number, outcome, ended, run, worker, error
    }

    private static let select = "SELECT \(Column.selected) FROM attempt WHERE task = :task ORDER BY number"

    /// Those that ended, the first one first: from the table those that did not succeed, from the ending one that did.
    static func attempts(of task: TaskRecord, _ database: Database) throws -> [Attempt] {
        let query = try BoundStatement(
            database, select
        )
        try query.bind(task.id.rawValue, to: ":task")
        var attempts: [Attempt] = []
        while try query.step() {
            guard let outcome = query.text(Column.outcome).flatMap(Attempt.Outcome.init) else {
                throw StoreError(
                    .corrupt,
                    "attempt \(query.int(Column.number)) of task \(task.id) has the invalid outcome '\(query.text(Column.outcome) ?? "")'"
                )
            }
            attempts.append(
                .ended(
                    query.int(Column.number), outcome, at: Timestamp(rawValue: query.int64(Column.ended)),
                    after: query.optionalInt64(Column.run).map(Duration.microseconds), worker: query.text(Column.worker),
                    error: query.text(Column.error).map(TaskError.init(description:))
                )
            )
        }
        if task.status == .succeeded, let completed = task.completed {
            // Of an attempt that was given up and got there after all, this is the last word.
            attempts.removeAll { $0.number == task.attempt }
            attempts.append(.ended(task.attempt, .succeeded, at: completed, after: task.runTime, worker: task.worker))
            attempts.sort { $0.number < $1.number }
        }
        return attempts
    }
}
