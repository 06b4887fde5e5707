import LocalGrid
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

@Suite("The inspection of a store in PostgreSQL", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(3)))
struct InspectionTests {
    private func inspect(_ schema: String, url: String? = nil) async throws -> StoreInspection {
        var address = url
        if address == nil { address = try await TestDatabase.shared().url }
        return try await PostgresTaskStore.inspect(PostgresSettings(conninfo: address ?? ""), schema: schema, logger: .silent)
    }

    @Test(arguments: StoreDamage.all(counters: ("counter", "type"), slot: "slot"))
    func `damage is found, with the first task of it`(damage: StoreDamage) async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        try await StoreDamage.prepare(store)
        #expect(try await !inspect(schema).isDamaged)
        try await sql(schema, damage.sql)
        damage.expect(in: try await inspect(schema))
        await store.close()
        try await drop(schema)
    }

    @Test(arguments: [
        ["fsync": "off"], ["full_page_writes": "off"],
    ])
    func `a server that loses commits with its power is warned of`(settings: [String: String]) async throws {
        try await TestDatabase.withServer(settings: settings) { server in
            let store = try await open("grid", server.url)
            let findings = try await inspect("grid", url: server.url).findings.filter { $0.subject == .durability }
            for name in settings.keys {
                #expect(findings.contains { $0.level == .warning && $0.found.hasPrefix(name) && $0.advice != nil }, "\(findings)")
            }
            await store.close()
        }
    }

    @Test(arguments: ["LATIN1", "SQL_ASCII"])
    func `a database that cannot keep every text is refused, by a dispatcher and by an inspection`(encoding: String) async throws {
        try await TestDatabase.withServer { server in
            let make = "CREATE DATABASE other ENCODING '\(encoding)' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
            try await sql("public", make, url: server.url)
            let url = "\(server.url)&dbname=other"
            let opened = await #expect(throws: StoreError.self) { try await open("grid", url) }
            let inspected = await #expect(throws: StoreError.self) { try await inspect("grid", url: url) }
            for error in [opened, inspected] {
                #expect(error?.code == .badRequest && error?.message.contains(encoding) == true, "\(error?.message ?? "")")
            }
        }
    }

    @Test func `a schema without a record is refused, and nothing is made`() async throws {
        let schema = uniqueSchema()
        let error = await #expect(throws: StoreError.self) { try await inspect(schema) }
        #expect(error?.code == .missing)
        let made = try await sql("public", "SELECT FROM pg_namespace WHERE nspname = '\(schema)'")[0]
        #expect(made.count == 0)
    }
}
