import GRDB
import TaskGridCore
import TaskStore

/// Finds the ids of a page of tasks. Each part is read from an index in the order of ids, and no further than the page goes.
struct Listing {
    let database: Database
    /// Only ids below.
    let before: Int64
    let limit: Int

    func all() throws -> [Int64] {
        try page("SELECT id FROM task WHERE id < :before ORDER BY id DESC LIMIT :limit")
    }

    /// The newest ids of a type in a state other than `succeeded`, in lists of at most `limit` each.
    func unsuccessful(type: Int64, state: TaskState) throws -> [[Int64]] {
        switch state {
        case .pending:
            try database.cursors(of: type).map { try inRanges($0, among: $0.position + 1...Int64.max) }
                + [deferred(type, "due = 0", index: "open_deferred")]
        case .queued, .running:
            try database.cursors(of: type).map { try inRanges($0, among: 0...max(0, $0.position)) }
                + [deferred(type, "due IS NULL", index: "open_deferred")]
        case .scheduled:
            try [deferred(type, "due > 0", index: "open_scheduled")]
        case .succeeded: []
        case .failed, .cancelled, .expired:
            try [ended(type, state)]
        }
    }

    /// The newest open tasks of a cursor, among some ids.
    private func inRanges(_ cursor: TypeCursor, among ids: ClosedRange<Int64>) throws -> [Int64] {
        try page(
            """
            SELECT task.id FROM open_range
                CROSS JOIN task ON task.id BETWEEN max(open_range.first, :from) AND min(open_range.last, :to, :before - 1)
                LEFT JOIN open ON open.id = task.id
            WHERE open_range.type = :type AND open_range.priority = :priority
                AND open_range.first <= :to AND open_range.first < :before AND open_range.first >= coalesce((
                    SELECT first FROM open_range WHERE type = :type AND priority = :priority AND first <= :from
                    ORDER BY first DESC LIMIT 1
                ), 0)
                AND open.attempt IS NULL AND \(OpenTask.isNotEnded)
            ORDER BY open_range.first DESC, task.id DESC LIMIT :limit
            """
        ) { query in
            try query.bind(cursor.type, to: ":type")
            try query.bind(cursor.priority, to: ":priority")
            try query.bind(ids.lowerBound, to: ":from")
            try query.bind(ids.upperBound, to: ":to")
        }
    }

    /// The newest deferred tasks of a type whose due time is as the condition says.
    private func deferred(_ type: Int64, _ condition: String, index: String) throws -> [Int64] {
        try page(
            """
            SELECT id FROM open INDEXED BY \(index) WHERE id < :before AND type = :type AND attempt IS NOT NULL AND \(condition)
            ORDER BY id DESC LIMIT :limit
            """
        ) { try $0.bind(type, to: ":type") }
    }

    /// The newest tasks of a type that ended in a state other than `succeeded`.
    private func ended(_ type: Int64, _ state: TaskState) throws -> [Int64] {
        try page(
            """
            SELECT id FROM ending INDEXED BY ending_unsuccessful WHERE id < :before AND type = :type AND state = :state AND state <> 5
            ORDER BY id DESC LIMIT :limit
            """
        ) { query in
            try query.bind(type, to: ":type")
            try query.bind(Int(state.rawValue), to: ":state")
        }
    }

    /// How many endings one search walks over, at most.
    private static let walk = 50_000

    private enum EndingWalkColumn: Int32, StatementColumn {
        case id, type, state
    }

    private static let selectEndings =
        "SELECT \(EndingWalkColumn.selected) FROM ending WHERE id < :before ORDER BY id DESC LIMIT :limit"

    /// The newest ids of tasks that succeeded, which no index finds: nearly all endings are theirs.
    ///
    /// - Returns: Them, and the id at which the walk was left; nil: it came to the end, or found as many as asked for.
    func succeeded(type: Int64?, limit: Int) throws -> (ids: [Int64], floor: Int64?) {
        let query = try BoundStatement(database, Self.selectEndings)
        try query.bind(before, to: ":before")
        try query.bind(Self.walk, to: ":limit")
        var found: [Int64] = []
        var walked = 0
        var floor: Int64?
        while found.count < limit, try query.step() {
            walked += 1
            floor = query.int64(EndingWalkColumn.id)
            guard query.int64(EndingWalkColumn.state) == TaskState.succeeded.rawValue,
                type.map({ $0 == query.int64(EndingWalkColumn.type) }) ?? true
            else { continue }
            found.append(query.int64(EndingWalkColumn.id))
        }
        return (found, walked == Self.walk && found.count < limit ? floor : nil)
    }

    private enum IDColumn: Int32, StatementColumn {
        case id
    }

    /// The ids that a statement selects below `:before`, `:limit` of them at most.
    private func page(_ sql: String, bind: (borrowing BoundStatement) throws -> Void = { _ in }) throws -> [Int64] {
        let query = try BoundStatement(database, sql)
        try query.bind(before, to: ":before")
        try query.bind(limit, to: ":limit")
        try bind(query)
        var ids: [Int64] = []
        while try query.step() { ids.append(query.int64(IDColumn.id)) }
        return ids
    }
}
