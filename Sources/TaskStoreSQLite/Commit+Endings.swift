import Foundation
import GRDB
import TaskGridCore
import TaskStore

/// Made once: a statement is found by its text.
private enum EndingSQL {
    static let insert =
        "INSERT INTO ending (\(EndingColumn.names)) VALUES (\(EndingColumn.parameters)) ON CONFLICT (id) DO NOTHING"
}

extension Commit {
    mutating func end(_ endings: [NewEnding]) throws -> [Bool] {
        let insert = try BoundStatement(database, EndingSQL.insert)
        let openings = try Openings(database)
        /// Mostly one worker's results come together: its name stays bound.
        var worker: String?
        var first: [Bool] = []
        first.reserveCapacity(endings.count)
        for ending in endings {
            guard ending.state.isTerminal else {
                throw StoreError(.badRequest, "task \(ending.id) cannot end as '\(ending.state)', which is no last state")
            }
            // If the task is reopened, its next attempt needs an unused number. A task that succeeded is never reopened.
            let attempt = ending.state == .succeeded ? ending.attempt : max(ending.attempt, try attempt(of: ending.id))
            guard let place = try place(of: ending, openings) else {
                first.append(false)
                continue
            }
            try insert.bind(ending.id.rawValue, to: EndingColumn.id)
            try insert.bind(place.type, to: EndingColumn.type)
            try insert.bind(Int(ending.state.rawValue), to: EndingColumn.state)
            try insert.bind(attempt, to: EndingColumn.attempt)
            try insert.bind(ending.runTime.microseconds, to: EndingColumn.run)
            try insert.bind(ending.completed.rawValue, to: EndingColumn.completed)
            if worker != ending.worker { try insert.bind(ending.worker, to: EndingColumn.worker) }
            worker = ending.worker
            try insert.bind(ending.error?.description, to: EndingColumn.error)
            let isFirst = try insert.run(binding: ending.state == .succeeded ? ending.result : nil, to: EndingColumn.result) > 0
            first.append(isFirst)
            guard isFirst else { continue }
            if place.isInRange { try openRanges.leave(ending.id.rawValue, type: place.type, priority: place.priority) }
            try openings.remove(ending.id)
            counters.ended(ending.state, type: place.type)
        }
        return first
    }

    /// The path of an open task: its numbers of type and priority.
    private struct Place {
        let type: Int64
        let priority: Int64
        /// A range counts it.
        let isInRange: Bool
    }

    /// Finds a task among those of its type that have no priority of their own, as most have none, else by what the task itself says.
    ///
    /// - Returns: Nil where the task is not known, or has ended and is in no range; one that has ended may still be in one.
    private mutating func place(of ending: NewEnding, _ openings: borrowing Openings) throws -> Place? {
        if let deferred = try openings.deferred(ending.id) {
            return Place(type: deferred.type, priority: deferred.priority, isInRange: false)
        }
        let id = ending.id.rawValue
        // A range may still hold a task that was pruned.
        if id > store.prunedTo {
            if let range = openRanges.latest(holding: id) { return Place(type: range.type, priority: range.priority, isInRange: true) }
            if let type = try types.number(of: ending.type), try openRanges.holds(id, type: type, priority: 0) {
                return Place(type: type, priority: 0, isInRange: true)
            }
        }
        let find = try BoundStatement(database, "SELECT type, priority FROM task WHERE id = :id")
        try find.bind(id, to: ":id")
        guard try find.step(), case (let type, let priority) = try (find.int64("type"), find.int64("priority")),
            try openRanges.holds(id, type: type, priority: priority)
        else { return nil }
        return Place(type: type, priority: priority, isInRange: true)
    }

    /// The rows of `open`, of which most tasks have none.
    private struct Openings: ~Copyable {
        private let isEmpty: Bool
        private let find: BoundStatement
        private let delete: BoundStatement

        init(_ database: Database) throws {
            try self.init(
                isEmpty: Self.isEmpty(database),
                find: BoundStatement(database, "SELECT type, priority FROM open WHERE id = :id AND attempt IS NOT NULL"),
                delete: BoundStatement(database, "DELETE FROM open WHERE id = :id")
            )
        }

        private init(isEmpty: Bool, find: consuming BoundStatement, delete: consuming BoundStatement) {
            self.isEmpty = isEmpty
            self.find = find
            self.delete = delete
        }

        private static func isEmpty(_ database: Database) throws -> Bool {
            let any = try BoundStatement(database, "SELECT 1 FROM open LIMIT 1")
            return try !any.step()
        }

        /// The type and priority of a task that is deferred.
        func deferred(_ id: TaskID) throws -> (type: Int64, priority: Int64)? {
            guard !isEmpty else { return nil }
            try find.bind(id.rawValue, to: ":id")
            defer { find.reset() }
            return try find.step() ? (find.int64("type"), find.int64("priority")) : nil
        }

        func remove(_ id: TaskID) throws {
            guard !isEmpty else { return }
            try delete.bind(id.rawValue, to: ":id")
            try delete.run()
        }
    }

    /// The number of an open task's latest hand-out; 0 before the first.
    private mutating func attempt(of id: TaskID) throws -> Int {
        let find = try BoundStatement(
            database, "SELECT task.type, task.priority, open.attempt FROM task LEFT JOIN open ON open.id = task.id WHERE task.id = :id"
        )
        try find.bind(id.rawValue, to: ":id")
        guard try find.step() else { return 0 }
        if let attempt = try find.optionalInt64("attempt") { return Int(attempt) }
        return try id.rawValue <= cursors.position(type: find.int64("type"), priority: find.int("priority")) ? 1 : 0
    }
}
