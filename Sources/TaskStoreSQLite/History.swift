import GRDB
import TaskGridCore
import TaskStore

/// What became of each attempt of a task.
enum History {
    /// Those that ended, the first one first: from the table those that did not succeed, from the ending one that did.
    static func attempts(of task: TaskRecord, _ database: Database) throws -> [Attempt] {
        let query = try BoundStatement(
            database, "SELECT number, outcome, ended, run, worker, error FROM attempt WHERE task = ? ORDER BY number"
        )
        try query.bind(task.id.rawValue, at: 1)
        var attempts: [Attempt] = []
        while try query.step() {
            guard let outcome = query.text(1).flatMap(Attempt.Outcome.init) else {
                throw StoreError(
                    .corrupt, "attempt \(query.int(0)) of task \(task.id) came to what is no outcome: '\(query.text(1) ?? "")'")
            }
            attempts.append(
                .ended(
                    query.int(0), outcome, at: Timestamp(rawValue: query.int64(2)),
                    after: query.optionalInt64(3).map(Duration.microseconds), worker: query.text(4),
                    error: query.text(5).map(TaskError.init(description:))
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

    /// The types that are paused.
    static func paused(_ database: Database) throws -> Set<TaskType> {
        let types = TypeTable(database)
        let query = try BoundStatement(database, "SELECT id FROM type WHERE paused <> 0")
        var paused: Set<TaskType> = []
        while try query.step() { paused.insert(try types.type(query.int64(0))) }
        return paused
    }
}
