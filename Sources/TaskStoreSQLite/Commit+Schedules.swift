import GRDB
import TaskGridCore
import TaskStore

/// Made once: a statement is found by its text.
private enum ScheduleSQL {
    static let upsert = """
        INSERT INTO open (\(ScheduleColumn.names)) VALUES (\(ScheduleColumn.parameters))
        ON CONFLICT (id) DO UPDATE SET attempt = excluded.attempt, failures = excluded.failures,
            interruptions = excluded.interruptions, due = excluded.due, due_at = NULL, error = excluded.error
        """
}

extension Commit {
    /// Puts open tasks back, to run at once before the others of their type or at a time.
    mutating func schedule(_ schedules: [Schedule]) throws {
        let find = try BoundStatement(
            database,
            """
            SELECT task.type, task.priority, open.attempt FROM task LEFT JOIN open ON open.id = task.id
            WHERE task.id = :id AND NOT EXISTS (SELECT 1 FROM ending WHERE id = :id)
            """
        )
        let upsert = try BoundStatement(database, ScheduleSQL.upsert)
        for schedule in schedules {
            let id = schedule.id.rawValue
            try find.bind(id, to: ":id")
            guard try find.step() else {
                find.reset()
                continue
            }
            let (type, priority, known) = try (find.int64("type"), find.int64("priority"), find.optionalInt64("attempt"))
            find.reset()
            if known == nil { try openRanges.leave(id, type: type, priority: priority) }
            let handedOut = try known ?? (id <= cursors.position(type: type, priority: Int(priority)) ? 1 : 0)
            try upsert.bind(id, to: ScheduleColumn.id)
            try upsert.bind(type, to: ScheduleColumn.type)
            try upsert.bind(priority, to: ScheduleColumn.priority)
            try upsert.bind(max(handedOut, Int64(schedule.attempt)), to: ScheduleColumn.attempt)
            try upsert.bind(schedule.failures, to: ScheduleColumn.failures)
            try upsert.bind(schedule.interruptions, to: ScheduleColumn.interruptions)
            try upsert.bind((schedule.due ?? .atOnce).rawValue, to: ScheduleColumn.due)
            try upsert.bind(schedule.error?.description, to: ScheduleColumn.error)
            try upsert.run()
        }
    }
}
