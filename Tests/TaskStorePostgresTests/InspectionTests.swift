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
        for statement in damage.sql.split(separator: "; ") { try await sql(schema, String(statement)) }
        damage.expect(in: try await inspect(schema))
        await store.close()
        try await drop(schema)
    }

    /// Of damage that only a store in PostgreSQL can have.
    @Test(arguments: [
        ("DELETE FROM lease", "the table `lease` has no row of slot 0", StoreFinding.Level.warning),
        ("DELETE FROM grid", "the table `grid` has no row, which has the version of the tables", .problem),
        ("INSERT INTO grid (version) VALUES (1)", "the table `grid` has 2 rows", .problem),
        ("DELETE FROM slot", "the table `slot` has no row of slot 0", .problem),
        ("INSERT INTO slot (slot, identity, secret) VALUES (1, 'x', '')", "there are rows of the slots 1, ", .problem),
        ("UPDATE slot SET secret = ''", "the secret of the proofs of work has 0 bytes, and must have 32", .problem),
        ("UPDATE slot SET identity = ''", "the identity of the store is '', and must be a UUID", .problem),
        ("UPDATE slot SET clock = 1000 * extract(epoch FROM now() + interval '73.5 h')", "clock is 73 hours ahead", .warning),
        ("UPDATE slot SET keys_of_all = 7", "1 idempotency keys hold for every user, but 7 are counted", .problem),
        ("UPDATE submission SET type = ''", "1 idempotency keys hold for every user, but 0 are counted", .problem),
        ("DROP TABLE ending_0", "1 partition missing: ending_0", .problem),
        ("DROP TABLE attempt_below, submission_2", "2 partitions missing: attempt_below, submission_2", .problem),
        ("ALTER TABLE task DETACH PARTITION task_1", "1 partition detached: task_1", .problem),
        ("ALTER TABLE ending DETACH PARTITION ending_0", "1 partition detached: ending_0", .problem),
        ("DELETE FROM block", "2 blocks have partitions, and no row in `block`: 0, 1", .problem),
        ("DELETE FROM block WHERE number = 1", "1 block has partitions, and no row in `block`: 1", .problem),
    ])
    func `damage to what every store has is found`(damage: String, words: String, level: StoreFinding.Level) async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        try await StoreDamage.prepare(store)
        try await sql(schema, damage)
        let found = try await inspect(schema).findings
        #expect(found.contains { $0.level == level && $0.found.contains(words) && $0.advice != nil }, "\(found)")
        #expect(!found.contains { $0.advice?.contains("no task is lost") == true }, "\(found)")
        await store.close()
        try await drop(schema)
    }

    @Test(arguments: [
        ("DROP TABLE task_1", "1 partition missing: task_1"), ("UPDATE slot SET secret = ''", "the secret of"),
        ("DELETE FROM block", "2 blocks have"), ("UPDATE slot SET clock = 9000000000000000", "the store's clock is"),
        ("ALTER TABLE ending DETACH PARTITION ending_0", "1 partition detached: ending_0"),
        ("ALTER TABLE task DETACH PARTITION task_below", "1 partition detached: task_below"),
        ("ALTER TABLE submission DETACH PARTITION submission_2", "1 partition detached: submission_2"),
        (
            "DROP TABLE task_1; CREATE TABLE task_1 PARTITION OF task FOR VALUES FROM (1048576) TO (2000000)",
            "1 partition with wrong bounds: task_1"
        ),
        ("ALTER TABLE ending DROP CONSTRAINT ending_pkey", "the table `ending` has no valid PRIMARY KEY (id)"),
        ("ALTER TABLE submission DROP CONSTRAINT submission_pkey", "the table `submission` has no valid PRIMARY KEY (key, \"user\")"),
        ("ALTER TABLE type DROP CONSTRAINT type_name_key", "the table `type` has no valid UNIQUE (name)"),
        ("ALTER TABLE ending_0 SET UNLOGGED; ALTER TABLE lease SET UNLOGGED", "2 tables are UNLOGGED"),
    ])
    func `the SQL of an advice mends the damage`(damage: String, words: String) async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        await store.close()
        for statement in damage.split(separator: "; ") { try await sql(schema, String(statement)) }
        let found = try await inspect(schema).findings.filter { $0.found.hasPrefix(words) }
        let advice = try #require(found.first?.advice)
        #expect(!advice.contains("backup"), "\(advice)")
        let begins = ["CREATE TABLE", "ALTER TABLE", "UPDATE", "INSERT INTO"].compactMap { advice.firstRange(of: $0)?.lowerBound }
        let begin = try #require(begins.min())
        // Words of the advice follow the last statement.
        for statement in advice[begin...].split(separator: "; ") where statement.first?.isUppercase == true {
            try await sql(schema, String(statement))
        }
        #expect(try await !inspect(schema).findings.contains { $0.found.hasPrefix(words) })
        try await drop(schema)
    }

    @Test(arguments: StoreComparison.seeds)
    func `nothing is wrong with a store after random work, also while it is open`(seed: UInt64) async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        var comparison = StoreComparison(store, seed: seed)
        try await comparison.run(steps: 40)
        let found = try await inspect(schema).findings.filter { $0.level != .ok && $0.subject != .durability }
        #expect(found.isEmpty, "TASKGRID_TEST_SEED=\(seed): \(found)")
        await store.close()
        try await drop(schema)
    }

    /// The snapshot is read when the removal is over: an earlier one would still count the tasks, and find no rows.
    @Test func `a block that is removed meanwhile is no fault`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        try await StoreDamage.prepare(store)
        await store.close()
        let removal = try await connect(schema)
        let statements = [
            "LOCK TABLE task, ending, attempt IN ACCESS EXCLUSIVE MODE", "DROP TABLE task_0, ending_0, attempt_0",
            "DELETE FROM block WHERE number = 0", "DELETE FROM submission", "DELETE FROM open_range", "DELETE FROM open",
            "UPDATE counter SET succeeded = 4, kept = 0",
            "UPDATE slot SET pruned = 4, pruned_to = \(Block.size), last_task = \(Block.size), keys = 0",
        ]
        let transaction = try await removal.begin(statements.map { PostgresQuery.once("remove", $0)() })
        async let inspection = inspect(schema)
        try await until {
            try await sql(schema, "SELECT FROM pg_locks WHERE relation = 'task'::regclass AND NOT granted")[0].count > 0
        }
        try await transaction.commit()
        await removal.close()
        let findings = try await inspection.findings
        #expect(!findings.contains { $0.level == .problem }, "\(findings)")
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

    @Test func `a store with an unlogged table is not said to survive the loss of power`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        await store.close()
        let words = "a commit survives the loss of the server's power"
        try await sql(schema, "ALTER TABLE open_range SET UNLOGGED")
        let found = try await inspect(schema).findings
        #expect(!found.contains { $0.found.hasPrefix(words) }, "\(found)")
        #expect(found.contains { $0.level == .problem && $0.subject == .durability && $0.found.contains("open_range") }, "\(found)")
        try await drop(schema)
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
