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
    /// Those that have changed, `latest` aside.
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
            database, "SELECT first, last, rest FROM open_range WHERE type = ? AND priority = ? AND first <= ? ORDER BY first DESC LIMIT 1"
        )
        try query.bind(type, at: 1)
        try query.bind(priority, at: 2)
        try query.bind(id, at: 3)
        guard try query.step(), id <= query.int64(1) else { return false }
        let found = OpenRange(name: Name(type: type, priority: priority, first: query.int64(0)), last: query.int64(1), rest: query.int(2))
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
        let update = try BoundStatement(database, "UPDATE open_range SET rest = ? WHERE type = ? AND priority = ? AND first = ?")
        let delete = try BoundStatement(database, "DELETE FROM open_range WHERE type = ? AND priority = ? AND first = ?")
        for (name, range) in changed {
            if range.rest > 0 {
                try update.bind(range.rest, at: 1)
                try update.bind(name.type, at: 2)
                try update.bind(name.priority, at: 3)
                try update.bind(name.first, at: 4)
                try update.run()
            } else {
                try delete.bind(name.type, at: 1)
                try delete.bind(name.priority, at: 2)
                try delete.bind(name.first, at: 3)
                try delete.run()
            }
        }
        changed = [:]
    }
}
