import Foundation
import GRDB
import TaskGridCore

extension Commit {
    mutating func end(_ endings: [NewEnding]) throws -> [Bool] {
        let close = try BoundStatement(database, "DELETE FROM open WHERE type = ? AND priority = ? AND id = ?")
        let find = try BoundStatement(database, "SELECT type, priority FROM task WHERE id = ?")
        let insert = try BoundStatement(
            database,
            "INSERT INTO ending (id, type, state, attempt, run, completed, worker, error, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        var first: [Bool] = []
        first.reserveCapacity(endings.count)
        for ending in endings {
            guard ending.state.isTerminal else {
                throw StoreError(.badRequest, "task \(ending.id) cannot end as '\(ending.state)', which is no last state")
            }
            // Should the task be reopened, its next attempt must have a number that none had. A success never is.
            let attempt = ending.state == .succeeded ? ending.attempt : max(ending.attempt, try attempt(of: ending.id))
            guard let type = try closed(ending, close, find) else {
                first.append(false)
                continue
            }
            try insert.bind(ending.id.rawValue, at: 1)
            try insert.bind(type, at: 2)
            try insert.bind(Int(ending.state.rawValue), at: 3)
            try insert.bind(attempt, at: 4)
            try insert.bind(ending.runTime.microseconds, at: 5)
            try insert.bind(ending.completed.rawValue, at: 6)
            try insert.bind(ending.worker, at: 7)
            try insert.bind(ending.error?.description, at: 8)
            try insert.run(binding: ending.state == .succeeded ? ending.result : nil, at: 9)
            books.ended(ending.state, type: type)
            first.append(true)
        }
        return first
    }

    /// Removes the row of an open task: found by the type and priority that the ending names, else by what the task itself says.
    ///
    /// - Returns: The type's number; nil where the task has ended or never was.
    private func closed(_ ending: NewEnding, _ close: borrowing BoundStatement, _ find: borrowing BoundStatement) throws -> Int64? {
        func remove(_ type: Int64, _ priority: Int64) throws -> Bool {
            try close.bind(type, at: 1)
            try close.bind(priority, at: 2)
            try close.bind(ending.id.rawValue, at: 3)
            return try close.run() > 0
        }
        if let type = types.number(of: ending.type), let priority = ending.priority, try remove(type, Int64(priority)) { return type }
        try find.bind(ending.id.rawValue, at: 1)
        defer { find.reset() }
        guard try find.step() else { return nil }
        let type = find.int64(0)
        return try remove(type, find.int64(1)) ? type : nil
    }

    /// The number of an open task's latest hand-out; 0 before the first.
    private mutating func attempt(of id: TaskID) throws -> Int {
        let find = try BoundStatement(
            database,
            """
            SELECT open.type, open.priority, open.attempt FROM task CROSS JOIN open
            ON open.type = task.type AND open.priority = task.priority AND open.id = task.id WHERE task.id = ?
            """
        )
        try find.bind(id.rawValue, at: 1)
        guard try find.step() else { return 0 }
        if let attempt = find.optionalInt64(2) { return Int(attempt) }
        return try id.rawValue <= paths.cursor(type: find.int64(0), priority: find.int(1)) ? 1 : 0
    }

    mutating func schedule(_ schedules: [Schedule]) throws {
        let find = try BoundStatement(
            database,
            """
            SELECT open.type, open.priority, open.attempt FROM task CROSS JOIN open
            ON open.type = task.type AND open.priority = task.priority AND open.id = task.id WHERE task.id = ?
            """
        )
        let update = try BoundStatement(
            database,
            """
            UPDATE open SET attempt = ?, failures = ?, interruptions = ?, due = ?, error = ? WHERE type = ? AND priority = ? AND id = ?
            """
        )
        for schedule in schedules {
            try find.bind(schedule.id.rawValue, at: 1)
            guard try find.step() else {
                find.reset()
                continue
            }
            let type = find.int64(0)
            let priority = find.int(1)
            let known = find.optionalInt64(2)
            find.reset()
            let handedOut = try known ?? (schedule.id.rawValue <= paths.cursor(type: type, priority: priority) ? 1 : 0)
            try update.bind(max(handedOut, Int64(schedule.attempt)), at: 1)
            try update.bind(schedule.failures, at: 2)
            try update.bind(schedule.interruptions, at: 3)
            try update.bind(schedule.due.rawValue, at: 4)
            try update.bind(schedule.error?.description, at: 5)
            try update.bind(type, at: 6)
            try update.bind(priority, at: 7)
            try update.bind(schedule.id.rawValue, at: 8)
            try update.run()
        }
    }
}
