import Foundation
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

@Suite("Tables of a store", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(3)))
struct SchemaTests {
    /// Columns, partition keys, indexes and settings of all tables.
    private func describe(_ schema: String) async throws -> [String] {
        let rows = try await sql(
            schema,
            """
            SELECT concat_ws(' ', relname, relkind, array_to_string(reloptions, ','), attname, atttypid::regtype::text, attnotnull::text,
                attstorage::text, pg_get_partkeydef(pg_class.oid), pg_get_expr(adbin, adrelid),
                (SELECT collname FROM pg_collation WHERE pg_collation.oid = attcollation)) AS line
            FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
                LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
            WHERE relnamespace = current_schema()::regnamespace AND NOT relispartition
            UNION ALL SELECT replace(indexdef, quote_ident(schemaname) || '.', '') FROM pg_indexes
            WHERE schemaname = current_schema() AND tablename !~ '_(below|[0-9]+)$'
            ORDER BY line
            """)[0]
        return try rows.values("line", String.self)
    }

    @Test func `the file shows the tables as the migrations make them`() async throws {
        let (made, read) = (uniqueSchema(), uniqueSchema())
        let store = try await open(made)
        await store.close()
        let root = (1...3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let text = try String(contentsOf: root.appending(path: "Sources/TaskStorePostgres/Schema/Schema.sql"), encoding: .utf8)
        try await sql(read, "CREATE SCHEMA \(Schema.quoted(read))")
        let statements = text.split(separator: "\n").map { $0.prefix(upTo: $0.firstRange(of: "--")?.lowerBound ?? $0.endIndex) }
            .joined(separator: "\n").split(separator: ";").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
        for statement in statements where !statement.isEmpty { try await sql(read, statement) }
        let described = (try await describe(read), try await describe(made))
        #expect(described.0 == described.1)
        try await drop(made)
        try await drop(read)
    }

    @Test func `each table says what it has`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        await store.close()
        let tables = """
            SELECT relname::text AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
                AND NOT relispartition AND obj_description(oid, 'pg_class') IS NULL
            """
        #expect(try await sql(schema, tables)[0].values("name", String.self) == [])
        try await drop(schema)
    }

    @Test(arguments: [
        ("DELETE FROM grid", "the table `grid` has no row, which has the version of the tables"),
        ("DROP TABLE grid", "the schema has tables of these names, and none of the name `grid`"),
        ("UPDATE slot SET secret = 'short'", "its identity or its secret is missing"),
    ])
    func `a store without what every store has is not opened, and the error says what is missing`(damage: String, words: String)
        async throws
    {
        let schema = uniqueSchema()
        let store = try await open(schema)
        await store.close()
        try await sql(schema, damage)
        let error = await #expect(throws: StoreError.self) { try await open(schema) }
        #expect(error?.code == .corrupt && error?.message.contains(words) == true, "\(error?.message ?? "")")
        try await drop(schema)
    }

    @Test func `two processes make a new store at once, and it is one`() async throws {
        let schema = uniqueSchema()
        let identities = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let store = try await open(schema)
                    await store.close()
                    return store.identity
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(identities.count == 1)
        try await drop(schema)
    }

    @Test func `tables that a newer program has migrated while this one waited are refused`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        await store.close()
        try await sql(schema, "UPDATE grid SET version = 0")
        let newer = try await connect(schema)
        let migration = try await newer.begin([PostgresQuery.once("migrate", "UPDATE grid SET version = 99")()])
        async let opened = open(schema)
        try await until {
            let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM grid FOR UPDATE%'"
            return try await sql(schema, waiting)[0].first("count", Int64.self) ?? 0 > 0
        }
        try await migration.commit()
        await newer.close()
        do {
            try await opened.close()
            Issue.record("the store was opened")
        } catch {
            #expect((error as? StoreError)?.code == .newerVersion)
        }
        try await drop(schema)
    }

    @Test func `two grids share a database`() async throws {
        let schemas = (uniqueSchema(), uniqueSchema() + "\"; x")
        let stores = (try await open(schemas.0), try await open(schemas.1))
        try await stores.0.submit(.of([.text("a")]))
        let ids = (try await stores.0.ids(), try await stores.1.ids())
        #expect(ids.0 == [1] && ids.1.isEmpty)
        #expect(stores.0.identity != stores.1.identity)
        await stores.0.close()
        await stores.1.close()
        try await drop(schemas.0)
        try await drop(schemas.1)
    }

    @Test func `a type that comes back after it was forgotten has a number that none had`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        _ = try await store.commit(.init(types: [.reverse, .sum]))
        #expect(try await store.forget(.sum))
        #expect(try await store.commit(.init(types: [.sum], forgettings: [.init(type: .sum)])).forgettings == [true])
        try await store.submit(.of(.sum, [.text("a")]))
        #expect(try await sql(schema, "SELECT id FROM type WHERE id > 0 ORDER BY id")[0].values("id", Int32.self) == [1, 4])
        await store.close()
        try await drop(schema)
    }
}
