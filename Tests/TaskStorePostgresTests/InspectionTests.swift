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

    @Test(arguments: [
        ("UPDATE counter SET submitted = 9", "9 submitted, but 3 open and 1 ended"),
        ("UPDATE counter SET kept = kept + 1", "but 6 rows are counted"),
        ("UPDATE slot SET pruned = 1", "1 tasks have ended and 1 of them are gone, but 1 are there"),
        ("UPDATE slot SET keys = 7", "1 idempotency keys are there, but 7 are counted"),
        ("UPDATE slot SET last_task = 2", "id 4 was given, but 2 is noted as the highest one"),
        ("UPDATE cursor SET id = 99", "1 cursor beyond the highest id that was given (the first: 99)"),
        ("UPDATE open_range SET rest = 1", "1 range that counts another number of open tasks than there are (the first: 1)"),
        ("UPDATE open_range SET rest = 9", "1 range of open tasks whose numbers cannot be (the first: 1)"),
        ("DELETE FROM open_range", "2 open tasks that no range holds, so that nobody hands them out (the first: 2)"),
        ("INSERT INTO open_range VALUES (1, 0, 3, 3, 1)", "1 range of open tasks that begins within another one (the first: 3)"),
        ("DELETE FROM task WHERE id = 1", "1 ending of tasks that are not there (the first: 1)"),
        ("DELETE FROM submission", "4 tasks without a submission (the first: 1)"),
        ("UPDATE ending SET type = 2", "1 ending of another type than the task's (the first: 1)"),
        ("INSERT INTO open (id, type, priority, attempt) VALUES (1, 1, 0, 1)", "1 row of open tasks that have ended (the first: 1)"),
        ("INSERT INTO open (id, type, priority, attempt) VALUES (77, 1, 0, 1)", "1 row of open tasks that are not there (the first: 77)"),
        ("UPDATE open SET priority = 5", "1 open task with another type or priority in `open` than in `task` (the first: 4)"),
        ("INSERT INTO attempt (task, number, outcome, ended) VALUES (50, 1, 'failed', 0)", "1 attempt of tasks that are not there"),
        ("UPDATE task SET type = 40 WHERE id = 2", "1 task of a type that is not known (the first: 2)"),
    ])
    func `damage is found, with the first task of it`(damage: String, words: String) async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        try await store.submit(.of([.text("a"), .text("b"), .text("c"), .text("d", due: .at(1_000))]))
        var take = StoreChanges()
        _ = take.take(.of(limit: 1))
        _ = try await store.commit(take)
        #expect(try await store.end(.of(1)) == [true])
        #expect(try await !inspect(schema).isDamaged)
        try await sql(schema, damage)
        let found = try await inspect(schema).findings.filter { $0.level == .problem }
        #expect(found.contains { $0.found.contains(words) && $0.advice != nil }, "\(found)")
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
