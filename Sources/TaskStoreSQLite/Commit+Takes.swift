import GRDB
import TaskGridCore
import TaskStore

/// After the columns of `OpenTask`.
private enum DueColumn: Int32, StatementColumn {
    case payload, due

    static var offset: Int32 { OpenTask.Column.count }
    var sql: String { self == .payload ? "task.payload" : "open.due" }
}

private enum PendingColumn: Int32, StatementColumn {
    case payload

    static var offset: Int32 { OpenTask.Column.count }
    var sql: String { "task.payload" }
}

extension Commit {
    /// Takes at most `bytes` bytes of payload.
    mutating func take(_ take: Take, _ bytes: Int) throws -> Taken {
        guard let type = try types.number(of: take.type) else { return Taken(handOuts: [], isExhausted: true) }
        var buffer = TakeBuffer(limit: take.limit, bytes: min(take.bytes, bytes))
        if !buffer.isFull { try takeDue(type, now: take.now, into: &buffer) }
        if !buffer.isFull {
            for priority in try priorities(of: type) {
                try takePending(type, priority, into: &buffer)
                if buffer.isFull { break }
            }
        }
        return Taken(handOuts: buffer.handOuts, isExhausted: try !buffer.isFull || !isAnythingLeft(type, now: take.now))
    }

    private func takeDue(_ type: Int64, now: Timestamp, into buffer: inout TakeBuffer) throws {
        let query = try BoundStatement(
            database,
            """
            SELECT \(OpenTask.columns), \(DueColumn.selected) FROM \(OpenTask.rows)
            WHERE open.type = :type AND open.attempt IS NOT NULL AND open.due <= :now ORDER BY open.due, open.id LIMIT :limit
            """
        )
        try query.bind(type, to: ":type")
        try query.bind(now.rawValue, to: ":now")
        try query.bind(buffer.room, to: ":limit")
        while try query.step(), buffer.fits(query.byteCount(DueColumn.payload)) {
            var task = try OpenTask(row: query, types: types, cursorAttempt: 0)
            task.attempt += 1
            let due = Timestamp(rawValue: query.int64(DueColumn.due))
            buffer.add(HandOut(task: task, payload: query.data(DueColumn.payload), due: due > .atOnce ? due : nil))
        }
        // Only now: the query walks the index that this changes.
        query.reset()
        let update = try BoundStatement(database, "UPDATE open SET attempt = :attempt, due = NULL, due_at = NULL WHERE id = :id")
        for handOut in buffer.handOuts {
            try update.bind(handOut.task.attempt, to: ":attempt")
            try update.bind(handOut.task.id.rawValue, to: ":id")
            try update.run()
        }
    }

    private mutating func takePending(_ type: Int64, _ priority: Int, into buffer: inout TakeBuffer) throws {
        let query = try BoundStatement(
            database,
            "SELECT \(OpenTask.columns), \(PendingColumn.selected) FROM \(OpenTask.inRanges) ORDER BY open_range.first, task.id LIMIT :limit"
        )
        try query.bind(type, to: ":type")
        try query.bind(priority, to: ":priority")
        try query.bind(cursors.position(type: type, priority: priority) + 1, to: ":from")
        try query.bind(buffer.room, to: ":limit")
        while try query.step() {
            guard buffer.fits(query.byteCount(PendingColumn.payload)) else { return }
            let task = try OpenTask(row: query, types: types, cursorAttempt: 1, before: buffer.handOuts.last?.task)
            try cursors.advance(type: type, priority: priority, to: task.id.rawValue)
            buffer.add(HandOut(task: task, payload: query.data(PendingColumn.payload)))
        }
        guard !buffer.isFull else { return }
        // Nothing waits here: past the tasks that are deferred, too, so that the next search need not walk over them.
        let end = try BoundStatement(
            database, "SELECT last FROM open_range WHERE type = :type AND priority = :priority ORDER BY first DESC LIMIT 1"
        )
        try end.bind(type, to: ":type")
        try end.bind(priority, to: ":priority")
        if try end.step() { try cursors.advance(type: type, priority: priority, to: end.int64("last")) }
    }

    /// The priorities that a type's open tasks have, the highest first.
    private func priorities(of type: Int64) throws -> [Int] {
        try database.cursors(of: type).map(\.priority)
    }

    private mutating func isAnythingLeft(_ type: Int64, now: Timestamp) throws -> Bool {
        let due = try BoundStatement(database, "SELECT 1 FROM open WHERE type = :type AND attempt IS NOT NULL AND due <= :now LIMIT 1")
        try due.bind(type, to: ":type")
        try due.bind(now.rawValue, to: ":now")
        if try due.step() { return true }
        for priority in try priorities(of: type) where try cursors.isAnyPending(type: type, priority: priority) { return true }
        return false
    }
}
