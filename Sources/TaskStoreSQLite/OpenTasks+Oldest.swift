import GRDB
import TaskGridCore
import TaskStore

extension OpenTasks {
    /// Of each type the waiting task that could run for longest.
    func oldestWaiting(of types: [TaskType], at now: Timestamp) throws -> [TaskType: OldestTask] {
        let waiting = try BoundStatement(
            database, "SELECT task.id, submission.created FROM \(OpenTask.inRanges) ORDER BY open_range.first, task.id LIMIT 1"
        )
        let scheduled = try BoundStatement(
            database,
            """
            SELECT id, due FROM open INDEXED BY open_deferred
            WHERE type = :type AND attempt IS NOT NULL AND due > 0 AND due <= :now ORDER BY due, id LIMIT 1
            """
        )
        // Put back to run at once: it could run again when its last attempt had ended. One that was retried on request has none that count.
        let putBack = try BoundStatement(
            database,
            """
            SELECT id, (SELECT max(ended) FROM attempt WHERE attempt.task = open.id) AS since FROM open INDEXED BY open_deferred
            WHERE type = :type AND attempt IS NOT NULL AND due = 0 AND failures + interruptions > 0 ORDER BY id LIMIT 1
            """
        )
        var oldest: [TaskType: OldestTask] = [:]
        for type in types {
            guard let number = try self.types.number(of: type) else { continue }
            for cursor in try database.cursors(of: number) {
                try waiting.bind(number, to: ":type")
                try waiting.bind(cursor.priority, to: ":priority")
                try waiting.bind(cursor.position + 1, to: ":from")
                if try waiting.step() {
                    let since = Timestamp(rawValue: try waiting.int64("created"))
                    oldest[type] = .older(oldest[type], OldestTask(id: TaskID(try waiting.int64("id")), since: since))
                }
                waiting.reset()
            }
            try scheduled.bind(number, to: ":type")
            try scheduled.bind(now.rawValue, to: ":now")
            if try scheduled.step() {
                let since = Timestamp(rawValue: try scheduled.int64("due"))
                oldest[type] = .older(oldest[type], OldestTask(id: TaskID(try scheduled.int64("id")), since: since))
            }
            scheduled.reset()
            try putBack.bind(number, to: ":type")
            if try putBack.step(), let since = try putBack.optionalInt64("since") {
                let task = OldestTask(id: TaskID(try putBack.int64("id")), since: Timestamp(rawValue: since))
                oldest[type] = .older(oldest[type], task)
            }
            putBack.reset()
        }
        return oldest
    }
}
