import GRDB
import TaskGridCore
import TaskStore

/// One small step of forgetting, inside its transaction.
struct PruningStep {
    let database: Database
    let retention: Retention
    let limit: Int

    private var before: Timestamp { retention.before }

    /// Of an ending that is looked at.
    private enum EndedColumn: Int32, StatementColumn {
        case id, completed
    }

    private static let selectEnded = "SELECT \(EndedColumn.selected) FROM ending WHERE id > :place ORDER BY id LIMIT :limit"

    func run() throws -> Pruned {
        guard limit > 0 else { return Pruned() }
        let store = try BoundStatement(
            database,
            "SELECT (SELECT total(succeeded + failed + cancelled + expired) FROM type) - pruned AS ended, walked, swept, keys FROM store"
        )
        guard try store.step() else { throw StoreError(.corrupt, "the store table is empty") }
        let excess = try store.int("ended") - max(0, retention.keeping)
        let excessKeys = try store.int("keys") - max(0, retention.keeping)
        let walked = try store.int64("walked")
        let swept = try store.int64("swept")
        store.reset()
        let (ids, place) = try old(after: walked, excess: excess)
        try forget(ids)
        let (keys, position) = try forgetKeys(after: swept, excess: excessKeys)
        if !ids.isEmpty || place != walked || position != swept || keys > 0 {
            let update = try BoundStatement(
                database,
                """
                UPDATE store SET pruned = pruned + :pruned, pruned_to = max(pruned_to, :pruned_to), walked = :walked, swept = :swept,
                    keys = keys - :keys
                """
            )
            try update.bind(ids.count, to: ":pruned")
            try update.bind(ids.last ?? 0, to: ":pruned_to")
            try update.bind(place, to: ":walked")
            try update.bind(position, to: ":swept")
            try update.bind(keys, to: ":keys")
            try update.run()
        }
        return Pruned(tasks: ids.count, keys: keys, goesOn: place != 0 || position != 0)
    }

    /// How many endings one step looks at for each that it may forget: those of tasks that lived long stand in the way of younger ones.
    private static let reach = 20

    /// Looks at the next endings after `place`, in the order in which their tasks were accepted, and starts anew when it comes to
    /// young ones or to the end.
    ///
    /// - Returns: The tasks to forget, and the place for the next step.
    private func old(after place: Int64, excess: Int) throws -> (ids: [Int64], place: Int64) {
        let query = try BoundStatement(database, Self.selectEnded)
        try query.bind(place, to: ":place")
        let (reach, isTooFar) = limit.multipliedReportingOverflow(by: Self.reach)
        try query.bind(isTooFar ? .max : reach, to: ":limit")
        var ids: [Int64] = []
        var seen = 0
        while try query.step() {
            let id = query.int64(EndedColumn.id)
            if ids.count < excess || query.int64(EndedColumn.completed) < before.rawValue {
                ids.append(id)
                if ids.count == limit { return (ids, id) }
            } else if seen % 100 == 0, try isYoung(id) {
                return (ids, 0)
            }
            seen += 1
            if seen == reach { return (ids, id) }
        }
        return (ids, 0)
    }

    /// Whether a task was accepted at `before` or later, so that neither it nor one after it can have ended earlier.
    private func isYoung(_ id: Int64) throws -> Bool {
        let query = try BoundStatement(
            database, "SELECT created FROM submission WHERE first = (SELECT id - position FROM task WHERE id = :id)"
        )
        try query.bind(id, to: ":id")
        return try query.step() && query.int64("created") >= before.rawValue
    }

    private func forget(_ ids: [Int64]) throws {
        let ending = try BoundStatement(database, "DELETE FROM ending WHERE id = :id")
        let task = try BoundStatement(database, "DELETE FROM task WHERE id = :id RETURNING type")
        var gone: [Int64: Int] = [:]
        let attempts = try BoundStatement(database, "DELETE FROM attempt WHERE task = :id")
        for id in ids {
            try attempts.bind(id, to: ":id")
            try attempts.run()
            try ending.bind(id, to: ":id")
            try ending.run()
            try task.bind(id, to: ":id")
            if try task.step() { gone[try task.int64("type"), default: 0] += 1 }
            task.reset()
        }
        let kept = try BoundStatement(database, "UPDATE type SET kept = kept - :gone WHERE id = :type")
        for (type, count) in gone {
            try kept.bind(count, to: ":gone")
            try kept.bind(type, to: ":type")
            try kept.run()
        }
    }

    /// Forgets keys, of which their types keep count.
    private func forgetKeys(of submissions: [Int64]) throws {
        let delete = try BoundStatement(database, "DELETE FROM submission WHERE first = :first RETURNING type")
        var gone: [String: Int] = [:]
        for first in submissions {
            try delete.bind(first, to: ":first")
            if try delete.step(), let type = try delete.text("type") { gone[type, default: 0] += 1 }
            delete.reset()
        }
        let kept = try BoundStatement(database, "UPDATE type SET kept = kept - :gone WHERE name = :type")
        for (type, count) in gone {
            try kept.bind(count, to: ":gone")
            try kept.bind(type, to: ":type")
            try kept.run()
        }
    }

    /// Looks at the next few submissions after `position`, and starts anew when it comes to young ones or to the end: a
    /// submission whose task lives long must not be looked at over and over by each step. Those beyond the number that is kept go
    /// earlier than by their age, the oldest first.
    ///
    /// - Returns: How many went, and the position for the next step.
    private func forgetKeys(after position: Int64, excess: Int) throws -> (count: Int, position: Int64) {
        let old = try BoundStatement(
            database,
            """
            SELECT first, created, NOT EXISTS (SELECT 1 FROM task WHERE id >= first AND id < first + count) AS is_empty
            FROM submission WHERE first > :position ORDER BY first LIMIT :limit
            """
        )
        try old.bind(position, to: ":position")
        try old.bind(limit, to: ":limit")
        var emptied: [Int64] = []
        var next: Int64 = 0
        var seen = 0
        let aged = min(before, retention.keysSince)
        while try old.step(), try old.int64("created") < (emptied.count < excess ? retention.keysSince : aged).rawValue {
            next = try old.int64("first")
            seen += 1
            if try old.int("is_empty") != 0 { emptied.append(next) }
        }
        old.reset()
        try forgetKeys(of: emptied)
        return (emptied.count, seen < limit ? 0 : next)
    }
}
