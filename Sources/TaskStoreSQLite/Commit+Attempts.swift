import GRDB
import TaskGridCore
import TaskStore

extension Commit {
    /// How many attempts of a task are kept: the latest.
    static let attemptsKept = 100

    /// Notes attempts that did not succeed; those of tasks that are not known are dropped.
    func note(_ attempts: [EndedAttempt]) throws {
        let insert = try BoundStatement(
            database,
            """
            INSERT OR REPLACE INTO attempt (task, number, outcome, ended, run, worker, error)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM task WHERE id = ?1)
            """
        )
        let forget = try BoundStatement(
            database,
            """
            DELETE FROM attempt WHERE task = ?1
                AND number <= (SELECT number FROM attempt WHERE task = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
            """
        )
        for ended in attempts {
            let attempt = ended.attempt
            try insert.bind(ended.id.rawValue, at: 1)
            try insert.bind(attempt.number, at: 2)
            try insert.bind(attempt.outcome.rawValue, at: 3)
            try insert.bind(attempt.ended?.rawValue ?? 0, at: 4)
            try insert.bind(attempt.runTime?.microseconds, at: 5)
            try insert.bind(attempt.worker, at: 6)
            try insert.bind(attempt.error?.description, at: 7)
            try insert.run()
            guard attempt.number > Self.attemptsKept else { continue }
            try forget.bind(ended.id.rawValue, at: 1)
            try forget.bind(Self.attemptsKept, at: 2)
            try forget.run()
        }
    }

    func pause(_ pauses: [Pausing]) throws {
        let update = try BoundStatement(database, "UPDATE type SET paused = ? WHERE name = ?")
        for pausing in pauses {
            try update.bind(pausing.isPaused ? 1 : 0, at: 1)
            try update.bind(pausing.type.name, at: 2)
            try update.run()
        }
    }
}
