import GRDB

/// The cursors that one commit looks at and moves: for a type and a priority, the id up to which open tasks that are not aside
/// have been handed out.
struct Paths {
    private struct Name: Hashable {
        let type: Int64
        let priority: Int
    }

    private struct Path {
        var cursor: Int64
        var hasMoved = false
        /// Whether nothing waits beyond the cursor; nil: not looked yet.
        var isClear: Bool?
    }

    private let database: Database
    private var paths: [Name: Path] = [:]

    init(_ database: Database) {
        self.database = database
    }

    mutating func cursor(type: Int64, priority: Int) throws -> Int64 {
        try path(Name(type: type, priority: priority)).cursor
    }

    mutating func advance(type: Int64, priority: Int, to id: Int64) throws {
        let name = Name(type: type, priority: priority)
        var path = try path(name)
        guard id > path.cursor else { return }
        path.cursor = id
        path.hasMoved = true
        paths[name] = path
    }

    /// Whether nothing waits beyond the cursor, so that it may move past tasks that are about to be added.
    mutating func isClear(type: Int64, priority: Int) throws -> Bool {
        let name = Name(type: type, priority: priority)
        var path = try path(name)
        if let isClear = path.isClear { return isClear }
        let isClear = try !isAnyPending(type: type, priority: priority, after: path.cursor)
        path.isClear = isClear
        paths[name] = path
        return isClear
    }

    /// A task was added that waits.
    mutating func addedPending(type: Int64, priority: Int) throws {
        let name = Name(type: type, priority: priority)
        var path = try path(name)
        guard path.isClear != false else { return }
        path.isClear = false
        paths[name] = path
    }

    /// Whether any open task waits for the cursor.
    mutating func isAnyPending(type: Int64, priority: Int) throws -> Bool {
        try isAnyPending(type: type, priority: priority, after: cursor(type: type, priority: priority))
    }

    private func isAnyPending(type: Int64, priority: Int, after cursor: Int64) throws -> Bool {
        let query = try BoundStatement(database, "SELECT 1 FROM \(OpenTask.path) LIMIT 1")
        try query.bind(type, at: 1)
        try query.bind(priority, at: 2)
        try query.bind(cursor + 1, at: 3)
        return try query.step()
    }

    private mutating func path(_ name: Name) throws -> Path {
        if let path = paths[name] { return path }
        let query = try BoundStatement(database, "SELECT id FROM cursor WHERE type = ? AND priority = ?")
        try query.bind(name.type, at: 1)
        try query.bind(name.priority, at: 2)
        let path = Path(cursor: try query.step() ? query.int64(0) : 0)
        paths[name] = path
        return path
    }

    func write() throws {
        let upsert = try BoundStatement(
            database,
            "INSERT INTO cursor (type, priority, id) VALUES (?, ?, ?) ON CONFLICT (type, priority) DO UPDATE SET id = excluded.id"
        )
        for (name, path) in paths where path.hasMoved {
            try upsert.bind(name.type, at: 1)
            try upsert.bind(name.priority, at: 2)
            try upsert.bind(path.cursor, at: 3)
            try upsert.run()
        }
    }
}
