import GRDB
import TaskGridCore

/// What one commit adds to the durable counters of each type, written once at its end.
struct TaskCounters {
    private var additions: [Int64: TaskCounts] = [:]
    /// How many submissions each type gets.
    private var submissions: [Int64: Int] = [:]

    /// A submission was added.
    mutating func submitted(_ count: Int, type: Int64) {
        additions[type, default: TaskCounts()].submitted += count
        submissions[type, default: 0] += 1
    }

    mutating func ended(_ state: TaskState, type: Int64) {
        additions[type, default: TaskCounts()][state] += 1
    }

    mutating func reopened(_ state: TaskState, type: Int64) {
        additions[type, default: TaskCounts()][state] -= 1
    }

    func write(to database: Database) throws {
        guard !additions.isEmpty else { return }
        let update = try BoundStatement(
            database,
            """
            UPDATE type SET submitted = submitted + ?, succeeded = succeeded + ?, failed = failed + ?, cancelled = cancelled + ?,
                expired = expired + ?, kept = kept + ? WHERE id = ?
            """
        )
        for (type, counts) in additions {
            try update.bind(counts.submitted, at: 1)
            try update.bind(counts.succeeded, at: 2)
            try update.bind(counts.failed, at: 3)
            try update.bind(counts.cancelled, at: 4)
            try update.bind(counts.expired, at: 5)
            try update.bind(counts.submitted + (submissions[type] ?? 0), at: 6)
            try update.bind(type, at: 7)
            try update.run()
        }
    }
}
