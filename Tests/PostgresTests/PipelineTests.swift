import Foundation
import LocalGrid
import Logging
import TestSupport
import Testing

@testable import Postgres

@Suite("Requests to PostgreSQL", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(2)))
struct PipelineTests {
    private static let count = PostgresQuery("count", "SELECT count(*) AS n FROM pg_prepared_statements")

    @Test func `a failed statement is named, the rest is passed over, and the connection goes on`() async throws {
        let table = uniqueTable()
        let insert = PostgresQuery("insert", "INSERT INTO \(table) VALUES ($1, $2)")
        try await withConnection { connection in
            try await connection.sql("CREATE TABLE \(table) (id bigint PRIMARY KEY, secret text)")
            for isWhole in [true, false] {
                let statements = [insert(Int64(1), "a"), insert(Int64(1), "hunter2"), insert(Int64(2), "b")]
                let error = await #expect(throws: PostgresError.self) {
                    if isWhole { try await connection.transaction(statements) } else { try await connection.run(statements) }
                }
                #expect(error?.code == .refused && error?.sqlState == "23505" && error?.statement == "insert")
                #expect(error?.outcome == .notCommitted)
                #expect(error?.message.contains("\(table)_pkey") == true, "\(error?.message ?? "")")
                #expect(error?.message.contains("hunter2") == false && error?.message.contains("(1)") == false)
                #expect(try await connection.value(Int64.self, "SELECT count(*) FROM \(table)") == 0)
            }
            let rows = try await connection.transaction([insert(Int64(1), "a"), insert(Int64(2), "b")])
            #expect(rows.map(\.affected) == [1, 1])
            #expect(try await connection.value(Int64.self, "SELECT count(*) FROM \(table)") == 2)
        }
    }

    @Test func `a constraint that is checked at the end fails the request, with or without a transaction`() async throws {
        let table = uniqueTable()
        let insert = PostgresQuery("insert", "INSERT INTO \(table) VALUES ($1)")
        try await withConnection { connection in
            try await connection.sql("CREATE TABLE \(table) (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let whole = await #expect(throws: PostgresError.self) {
                try await connection.transaction([insert(Int64(1)), insert(Int64(1))])
            }
            #expect(whole?.sqlState == "23505" && whole?.statement == "COMMIT" && whole?.outcome == .notCommitted)
            let plain = await #expect(throws: PostgresError.self) { try await connection.run([insert(Int64(1)), insert(Int64(1))]) }
            #expect(plain?.sqlState == "23505" && plain?.outcome == .notCommitted)
            #expect(try await connection.value(Int64.self, "SELECT count(*) FROM \(table)") == 0)
            try await connection.run([insert(Int64(1))])
        }
    }

    @Test func `statements are prepared once a session, and again after a reconnect`() async throws {
        let one = PostgresQuery("one", "SELECT $1 + 1 AS n")
        var changed = try await settings()
        let name = "taskgrid \(UUID().uuidString)"
        changed.applicationName = name
        try await withConnection(changed) { connection in
            for number in 0..<3 {
                let rows = try await connection.run([one(Int64(number)), Self.count()])
                #expect(try rows[0].first("n", Int64.self) == Int64(number + 1))
                #expect(try rows[1].first("n", Int64.self) == 2)
            }
            try await withConnection { other in
                try await other.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '\(name)'")
            }
            // Until the end has come through; then each request says so.
            while connection.isConnected { _ = try? await connection.run([one(Int64(0))]) }
            let error = await #expect(throws: PostgresError.self) { try await connection.run([one(Int64(0))]) }
            #expect(error?.code == .closed && error?.outcome == .notCommitted)
            try await connection.connect()
            let rows = try await connection.run([one(Int64(5)), Self.count()])
            #expect(try rows[0].first("n", Int64.self) == 6)
            #expect(try rows[1].first("n", Int64.self) == 2)
        }
    }

    @Test func `a statement whose table has changed is prepared anew the next time`() async throws {
        let table = uniqueTable()
        let all = PostgresQuery("all", "SELECT * FROM \(table)")
        try await withConnection { connection in
            try await connection.sql("CREATE TABLE \(table) (id bigint)")
            _ = try await connection.run([all()])
            try await connection.sql("ALTER TABLE \(table) ADD name text")
            let error = await #expect(throws: PostgresError.self) { try await connection.run([all()]) }
            #expect(error?.sqlState == "0A000")
            _ = try await connection.run([all()])
            try await connection.sql("DEALLOCATE ALL")
            let forgotten = await #expect(throws: PostgresError.self) { try await connection.run([all()]) }
            #expect(forgotten?.sqlState == "26000")
            _ = try await connection.run([all()])
        }
    }

    @Test func `one name stands for one text and one list of types`() async throws {
        let query = PostgresQuery("q", "SELECT $1 AS v")
        try await withConnection { connection in
            _ = try await connection.run([query(Int64(1))])
            let types = await #expect(throws: PostgresError.self) { try await connection.run([query("x")]) }
            #expect(types?.code == .invalidUse && types?.message.contains("was given (text) and earlier (int8)") == true)
            let text = await #expect(throws: PostgresError.self) {
                try await connection.run([PostgresQuery("q", "SELECT $1 AS w")(Int64(1))])
            }
            #expect(text?.code == .invalidUse && text?.message.contains("two SQL statements have the name 'q'") == true)
            _ = try await connection.run([query(Int64(1))])
        }
    }

    @Test func `more statements than a session may prepare run all the same`() async throws {
        try await withConnection { connection in
            for number in 0..<3 {
                let statements = (0..<400).map { PostgresQuery("s\(number)-\($0)", "SELECT \($0)::bigint AS n")() }
                let rows = try await connection.run(statements)
                #expect(try rows.map { try $0.first("n", Int64.self) } == (0..<400).map { Int64($0) })
            }
            #expect(try await connection.run([Self.count()])[0].first("n", Int64.self)! <= 500)
        }
    }

    @Test func `arrays of 50 MB go there and back without a deadlock`() async throws {
        let megabytes = 50
        let query = PostgresQuery("echo", "SELECT d FROM unnest($1::bytea[]) AS u(d)")
        try await withConnection { connection in
            let values = (0..<megabytes).map { Data(repeating: UInt8($0), count: 1 << 20) }
            let rows = try await connection.run([query(values)], within: .seconds(60))[0]
            let column = try rows.column("d", Data.self)
            #expect(rows.count == megabytes)
            for row in rows.indices { #expect(try column[row] == values[row]) }
            // Answers that come while much is still to be sent: neither side waits for the other.
            let few = Array(values.prefix(6))
            let many = try await connection.run(Array(repeating: query(few), count: 8), within: .seconds(60))
            #expect(many.map(\.count) == Array(repeating: 6, count: 8))
        }
    }

    @Test func `a request beyond the bounds is refused, and nothing of it is sent`() async throws {
        let query = PostgresQuery("size", "SELECT length($1) AS n")
        var changed = try await settings()
        changed.maximumWaiting = 2
        try await withConnection(changed) { connection in
            let big = query(Data(count: changed.maximumRequestBytes + 1))
            let large = await #expect(throws: PostgresError.self) { try await connection.run([big]) }
            #expect(large?.code == .tooLarge && large?.outcome == .notCommitted)
            var parameters = PostgresParameters()
            for _ in 0..<70_000 { parameters.append(Int16(0)) }
            let many = await #expect(throws: PostgresError.self) {
                try await connection.run([PostgresStatement(PostgresQuery("many", "SELECT 1"), parameters)])
            }
            #expect(many?.code == .tooLarge && many?.message.contains("70000 parameters") == true)
            let statements = await #expect(throws: PostgresError.self) {
                try await connection.run(Array(repeating: query(Data()), count: 20_000))
            }
            #expect(statements?.code == .tooLarge)
            let lock = Int64.random(in: 1...Int64.max)
            let codes = try await withConnection { other in
                try await other.sql("SELECT pg_advisory_lock(\(lock))")
                return try await withThrowingTaskGroup { group in
                    for _ in 0..<20 {
                        group.addTask { () -> PostgresError.Code? in
                            do throws(PostgresError) {
                                try await connection.sql("SELECT pg_advisory_xact_lock(\(lock))")
                                return nil
                            } catch {
                                return error.code
                            }
                        }
                    }
                    // None of them ends while the lock is held, except those that were refused.
                    var codes = [try await group.next() ?? nil]
                    try await other.sql("SELECT pg_advisory_unlock(\(lock))")
                    for try await code in group { codes.append(code) }
                    return codes
                }
            }
            #expect(codes.first == .some(.tooMany) && codes.contains(nil) && Set(codes) == [nil, .tooMany])
            try await connection.sql("SELECT 1")
        }
    }

    @Test(arguments: [false, true])
    func `an answer beyond the bound ends the connection`(isLocal: Bool) async throws {
        let database = try await TestDatabase.shared()
        var changed = try await settings()
        if isLocal {
            try #require(!database.socketFolder.isEmpty)
            changed.conninfo = "host='\(database.socketFolder)' port=\(database.port) user=taskgrid dbname=postgres"
            let password = try database.password()
            changed.readPassword = { password }
        }
        changed.maximumAnswerBytes = 1 << 20
        try await withConnection(changed) { connection in
            let error = await #expect(throws: PostgresError.self) { try await connection.sql("SELECT repeat('x', 3000000)") }
            #expect(error?.code == .tooLarge && !connection.isConnected)
            try await connection.connect()
            try await connection.sql("SELECT repeat('x', 100000)")
        }
    }

    @Test func `a cancelled task's request is either not sent, or goes on to its end`() async throws {
        let table = uniqueTable()
        let insert = PostgresQuery("insert", "INSERT INTO \(table) VALUES ($1)")
        try await withConnection { connection in
            try await connection.sql("CREATE TABLE \(table) (id bigint)")
            // The lock of another session holds the first; the second waits for its turn.
            try await withConnection { other in
                let lock = try await other.begin([PostgresQuery.once("lock", "LOCK TABLE \(table)")()])
                let first = Task { try await connection.transaction([insert(Int64(1))]) }
                try await waitForLock(on: table)
                let second = Task { try await connection.transaction([insert(Int64(2))]) }
                first.cancel()
                second.cancel()
                let error = await #expect(throws: PostgresError.self) { try await second.value }
                #expect(error?.code == .cancelled && error?.outcome == .notCommitted)
                try await lock.commit()
                #expect(try await first.value.count == 1)
            }
            let ids = try await connection.sql("SELECT id FROM \(table)").values("id", Int64.self)
            #expect(ids == [1])
        }
    }

    @Test func `many tasks share a connection, and each has its own answer`() async throws {
        let echo = PostgresQuery("echo", "SELECT $1 AS n")
        var changed = try await settings()
        changed.maximumWaiting = 500
        try await withConnection(changed) { connection in
            let numbers = try await withThrowingTaskGroup { group in
                for number in 0..<400 {
                    group.addTask { (number, try await connection.run([echo(Int64(number))])[0].first("n", Int64.self)) }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            #expect(numbers == Dictionary(uniqueKeysWithValues: (0..<400).map { ($0, Int64($0)) }))
        }
    }

    @Test func `COPY is refused by ending the connection, and notices go to the log, bounded`() async throws {
        let lines = Journal<LogLine>()
        try await withConnection(logger: Logger(into: lines)) { connection in
            try await connection.sql("DO $$ BEGIN FOR i IN 1..1000 LOOP RAISE NOTICE 'number %', i; END LOOP; END $$")
            let notices = lines.entries.filter { $0.message == "notice of PostgreSQL" }
            #expect((1...20).contains(notices.count) && notices.allSatisfy { $0.level == .debug })
            let error = await #expect(throws: PostgresError.self) { try await connection.sql("COPY (SELECT 1) TO STDOUT") }
            #expect(error?.code == .connectionLost && !connection.isConnected)
            try await connection.connect()
            try await connection.sql("SELECT 1")
        }
    }

    @Test func `a connection that is closed says so, and lets what runs come to its end`() async throws {
        try await withConnection { connection in
            let lock = Int64.random(in: 1...Int64.max)
            let running = try await withConnection { other in
                try await other.sql("SELECT pg_advisory_lock(\(lock))")
                let running = Task { try await connection.sql("SELECT pg_advisory_lock(\(lock)), 7 AS n") }
                try await other.until(
                    "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%lock(\(lock)), 7 %' AND wait_event = 'advisory'")
                async let closed: Void = connection.close(within: .seconds(60))
                while await connection.closing == nil { await Task.yield() }
                try await other.sql("SELECT pg_advisory_unlock(\(lock))")
                await closed
                return running
            }
            #expect(try await running.value.first("n", Int32.self) == 7)
            let error = await #expect(throws: PostgresError.self) { try await connection.sql("SELECT 1") }
            #expect(error?.code == .closed)
            await #expect(throws: PostgresError.self) { try await connection.connect() }
            await connection.close()
        }
    }

    @Test func `a connection that is released leaves no thread and no session`() async throws {
        let name = "released \(UUID().uuidString)"
        var changed = try await settings()
        changed.applicationName = name
        weak var released: PostgresConnection?
        do {
            let connection = PostgresConnection(changed, name: "released", logger: .silent)
            try await connection.connect()
            released = connection
        }
        // Its thread may be in a turn, and holds it until then.
        while released != nil { await Task.yield() }
        try await withConnection { other in
            try await other.until("SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = '\(name)'")
        }
        while threads().contains("released") { await Task.yield() }
    }

    private func threads() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []).compactMap {
            try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
}

/// Returns when a session waits for a lock on a table.
func waitForLock(on table: String) async throws {
    try await withConnection { other in
        try await other.until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = '\(table)'::regclass")
    }
}
