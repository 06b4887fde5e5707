import GRDB
import TaskGridCore
import TaskStore

/// Made once: a statement is found by its text.
private enum AttemptSQL {
    static let insert = """
        INSERT OR REPLACE INTO attempt (\(AttemptColumn.names))
        SELECT \(AttemptColumn.parameters) WHERE EXISTS (SELECT 1 FROM task WHERE id = \(AttemptColumn.task.parameter))
        """
}

extension Commit {
    /// How many attempts of a task are kept: the latest.
    static let attemptsKept = 100

    /// Notes attempts that did not succeed; those of tasks that are not known are dropped.
    func note(_ attempts: [EndedAttempt]) throws {
        let insert = try BoundStatement(database, AttemptSQL.insert)
        let forget = try BoundStatement(
            database,
            """
            DELETE FROM attempt WHERE task = :task
                AND number <= (SELECT number FROM attempt WHERE task = :task ORDER BY number DESC LIMIT 1 OFFSET :kept)
            """
        )
        for ended in attempts {
            let attempt = ended.attempt
            try insert.bind(ended.id.rawValue, to: AttemptColumn.task)
            try insert.bind(attempt.number, to: AttemptColumn.number)
            try insert.bind(attempt.outcome.rawValue, to: AttemptColumn.outcome)
            try insert.bind(attempt.ended?.rawValue ?? 0, to: AttemptColumn.ended)
            try insert.bind(attempt.runTime?.microseconds, to: AttemptColumn.run)
            try insert.bind(attempt.worker, to: AttemptColumn.worker)
            try insert.bind(attempt.error?.description, to: AttemptColumn.error)
            try insert.run()
            guard attempt.number > Self.attemptsKept else { continue }
            try forget.bind(ended.id.rawValue, to: ":task")
            try forget.bind(Self.attemptsKept, to: ":kept")
            try forget.run()
        }
    }
}
