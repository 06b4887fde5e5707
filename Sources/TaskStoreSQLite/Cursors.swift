import GRDB
import TaskStore

/// The cursors that one commit looks at and moves: for a type and a priority, the id up to which open tasks that are not deferred
/// have been handed out.
struct Cursors {
    private struct Name: Hashable {
        let type: Int64
        let priority: Int
    }

    private struct Entry {
        var position: Int64
        var hasMoved = false
        /// Whether nothing waits beyond the cursor; nil: not looked yet.
        var isClear: Bool?
    }

    private let database: Database
    private var entries: [Name: Entry] = [:]

    init(_ database: Database) {
        self.database = database
    }

    mutating func position(type: Int64, priority: Int) throws -> Int64 {
        try entry(Name(type: type, priority: priority)).position
    }

    mutating func advance(type: Int64, priority: Int, to id: Int64) throws {
        let name = Name(type: type, priority: priority)
        var entry = try entry(name)
        guard id > entry.position else { return }
        entry.position = id
        entry.hasMoved = true
        entries[name] = entry
    }

    /// Whether nothing waits beyond the cursor, so that it may move past tasks that are about to be added.
    mutating func isClear(type: Int64, priority: Int) throws -> Bool {
        let name = Name(type: type, priority: priority)
        var entry = try entry(name)
        if let isClear = entry.isClear { return isClear }
        let isClear = try !isAnyPending(type: type, priority: priority, after: entry.position)
        entry.isClear = isClear
        entries[name] = entry
        return isClear
    }

    /// A task was added that waits.
    mutating func addedPending(type: Int64, priority: Int) throws {
        let name = Name(type: type, priority: priority)
        var entry = try entry(name)
        guard entry.isClear != false else { return }
        entry.isClear = false
        entries[name] = entry
    }

    /// Whether any open task waits for the cursor.
    mutating func isAnyPending(type: Int64, priority: Int) throws -> Bool {
        try isAnyPending(type: type, priority: priority, after: position(type: type, priority: priority))
    }

    private func isAnyPending(type: Int64, priority: Int, after position: Int64) throws -> Bool {
        let query = try BoundStatement(database, "SELECT 1 FROM \(OpenTask.inRanges) LIMIT 1")
        try query.bind(type, to: ":type")
        try query.bind(priority, to: ":priority")
        try query.bind(position + 1, to: ":from")
        return try query.step()
    }

    private mutating func entry(_ name: Name) throws -> Entry {
        if let entry = entries[name] { return entry }
        let query = try BoundStatement(database, "SELECT id FROM cursor WHERE type = :type AND priority = :priority")
        try query.bind(name.type, to: ":type")
        try query.bind(name.priority, to: ":priority")
        let entry = Entry(position: try query.step() ? query.int64("id") : 0)
        entries[name] = entry
        return entry
    }

    func write() throws {
        let upsert = try BoundStatement(
            database,
            "INSERT INTO cursor (type, priority, id) VALUES (:type, :priority, :id) ON CONFLICT (type, priority) DO UPDATE SET id = excluded.id"
        )
        for (name, entry) in entries where entry.hasMoved {
            try upsert.bind(name.type, to: ":type")
            try upsert.bind(name.priority, to: ":priority")
            try upsert.bind(entry.position, to: ":id")
            try upsert.run()
        }
    }
}
