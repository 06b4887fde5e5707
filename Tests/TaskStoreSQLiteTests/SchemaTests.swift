import Foundation
import GRDB
import Testing

@testable import TaskStoreSQLite

@Suite("The schema of a store")
struct SchemaTests {
    @Test func `Schema.sql says which tables, columns and indexes a store has`() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/TaskStoreSQLite")
        let described = try DatabaseQueue()
        let text = try String(contentsOf: sources.appending(path: "Schema.sql"), encoding: .utf8)
        try described.write { try $0.execute(sql: text) }
        let migrated = try DatabaseQueue()
        try Schema.migrator.migrate(migrated)
        let (written, real) = try (described.read(Self.objects), migrated.read(Self.objects))
        #expect(Set(written).symmetricDifference(real).sorted() == [])
        #expect(written == real)
    }

    /// Each table, column and index as a line, columns in their order.
    private static func objects(_ database: Database) throws -> [String] {
        let tables = try Row.fetchAll(
            database, sql: "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY name"
        ).filter { row in
            let name: String = row["name"]
            return !name.hasPrefix("sqlite_") && name != "grdb_migrations"
        }
        return try tables.flatMap { table in
            let columns = try Row.fetchAll(
                database, sql: "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo(?)", arguments: [table["name"]]
            )
            let indexes = try Row.fetchAll(
                database, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? ORDER BY name",
                arguments: [table["name"]]
            )
            return ["\(table)"] + (columns + indexes).map { "\(table["name"] as String): \($0)" }
        }
    }
}
