import GRDB
import TaskGridCore
import TaskStore

/// The mark of a store that is being moved to another one, or was: a row of `move`, and triggers that refuse changes.
///
/// The row keeps a dispatcher from opening the store. One that has it open already finds another term at its next commit, and the triggers
/// when it begins one: they hold for programs of earlier versions too, and cost nothing where there are none.
enum MoveMark {
    private enum Column: Int32, StatementColumn {
        case copy, destination, schema, started, finished
    }

    private static let select = "SELECT \(Column.selected) FROM move"

    /// The tables that a dispatcher changes without the fence of its term.
    private static let tables = ["store", "open"]

    static func find(_ database: Database) throws -> StoreMove? {
        let row = try BoundStatement(database, select)
        guard try row.step() else { return nil }
        return StoreMove(
            id: row.text(Column.copy) ?? "", destination: row.text(Column.destination) ?? "", schema: row.text(Column.schema) ?? "",
            started: Timestamp(rawValue: row.int64(Column.started)),
            finished: row.optionalInt64(Column.finished).map(Timestamp.init(rawValue:)))
    }

    /// Marks the store in place of an earlier mark, and raises its term.
    static func write(_ move: StoreMove, to database: Database) throws {
        try remove(from: database)
        let insert = try BoundStatement(
            database, "INSERT INTO move (id, \(Column.names)) VALUES (1, \(Column.parameters))")
        try insert.bind(move.id, to: Column.copy)
        try insert.bind(move.destination, to: Column.destination)
        try insert.bind(move.schema, to: Column.schema)
        try insert.bind(move.started.rawValue, to: Column.started)
        try insert.bind(move.finished?.rawValue, to: Column.finished)
        try insert.run()
        try database.execute(sql: "UPDATE store SET term = term + 1")
        let words = move.explanation.replacing("'", with: "''")
        for table in tables {
            try database.execute(
                sql: "CREATE TRIGGER \(name(table)) BEFORE UPDATE ON \(table) BEGIN SELECT RAISE(ABORT, '\(words)'); END")
        }
    }

    static func remove(from database: Database) throws {
        for table in tables { try database.execute(sql: "DROP TRIGGER IF EXISTS \(name(table))") }
        try database.execute(sql: "DELETE FROM move")
    }

    private static func name(_ table: String) -> String { "moved_\(table)" }
}
