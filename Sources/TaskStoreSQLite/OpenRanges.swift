import GRDB
import TaskStore

/// The ranges of open tasks that one commit adds, or takes tasks out of.
struct OpenRanges {
    private struct Name: Hashable {
        let type: Int64
        let priority: Int64
        let first: Int64
    }

    private struct OpenRange {
        let name: Name
        var last: Int64
        var rest: Int

        func holds(_ id: Int64, type: Int64, priority: Int64) -> Bool {
            name.type == type && name.priority == priority && name.first <= id && id <= last
        }
    }

    private static let insertSQL = "INSERT INTO open_range (\(OpenRangeColumn.names)) VALUES (\(OpenRangeColumn.parameters))"

    private let database: Database
    /// The one that tasks are being added to.
    private var growing: OpenRange?
    /// The one that the latest task was in; the next one's mostly.
    private var latest: OpenRange?
    /// Those that have changed, except `latest`.
    private var changed: [Name: OpenRange] = [:]
    private var latestHasChanged = false

    init(_ database: Database) {
        self.database = database
    }

    /// Adds a task to the one that grows, or to a new one where it does not follow it.
    mutating func add(_ id: Int64, type: Int64, priority: Int64) throws {
        if let range = growing, range.name.type == type, range.name.priority == priority, range.last == id - 1 {
            growing?.last = id
            growing?.rest += 1
        } else {
            try finish()
            growing = OpenRange(name: Name(type: type, priority: priority, first: id), last: id, rest: 1)
        }
    }

    /// The submission is complete: the tasks of the next one begin a new range.
    mutating func finish() throws {
        guard let range = growing.take() else { return }
        let insert = try BoundStatement(
            database, Self.insertSQL
        )
        try insert.bind(range.name.type, to: OpenRangeColumn.type)
        try insert.bind(range.name.priority, to: OpenRangeColumn.priority)
        try insert.bind(range.name.first, to: OpenRangeColumn.first)
        try insert.bind(range.last, to: OpenRangeColumn.last)
        try insert.bind(range.rest, to: OpenRangeColumn.rest)
        try insert.run()
    }

    /// The type and priority of the range that the latest task was in, where this one is in it too: ranges have no id in common.
    func latest(holding id: Int64) -> (type: Int64, priority: Int64)? {
        guard let latest, latest.name.first <= id, id <= latest.last else { return nil }
        return (latest.name.type, latest.name.priority)
    }

    /// Whether the task is in one: open or not, deferred or not.
    mutating func holds(_ id: Int64, type: Int64, priority: Int64) throws -> Bool {
        if latest?.holds(id, type: type, priority: priority) == true { return true }
        let query = try BoundStatement(
            database,
            """
            SELECT first, last, rest FROM open_range WHERE type = :type AND priority = :priority AND first <= :id
            ORDER BY first DESC LIMIT 1
            """
        )
        try query.bind(type, to: ":type")
        try query.bind(priority, to: ":priority")
        try query.bind(id, to: ":id")
        guard try query.step(), case let last = try query.int64("last"), id <= last else { return false }
        let name = Name(type: type, priority: priority, first: try query.int64("first"))
        let found = OpenRange(name: name, last: last, rest: try query.int("rest"))
        if latestHasChanged, let latest { changed[latest.name] = latest }
        let known = changed.removeValue(forKey: found.name)
        latest = known ?? found
        latestHasChanged = known != nil
        return true
    }

    /// A task that was open in a range has ended or was deferred.
    mutating func leave(_ id: Int64, type: Int64, priority: Int64) throws {
        guard try holds(id, type: type, priority: priority), let rest = latest?.rest, rest > 0 else {
            throw StoreError(.corrupt, "task \(id) is open, and no range counts it")
        }
        latest?.rest -= 1
        latestHasChanged = true
    }

    /// Writes down what has changed.
    mutating func write() throws {
        if latestHasChanged, let latest { changed[latest.name] = latest }
        latest = nil
        latestHasChanged = false
        guard !changed.isEmpty else { return }
        let update = try BoundStatement(
            database, "UPDATE open_range SET rest = :rest WHERE type = :type AND priority = :priority AND first = :first")
        let delete = try BoundStatement(database, "DELETE FROM open_range WHERE type = :type AND priority = :priority AND first = :first")
        for (name, range) in changed {
            if range.rest > 0 {
                try update.bind(range.rest, to: ":rest")
                try update.bind(name.type, to: ":type")
                try update.bind(name.priority, to: ":priority")
                try update.bind(name.first, to: ":first")
                try update.run()
            } else {
                try delete.bind(name.type, to: ":type")
                try delete.bind(name.priority, to: ":priority")
                try delete.bind(name.first, to: ":first")
                try delete.run()
            }
        }
        changed = [:]
    }
}
