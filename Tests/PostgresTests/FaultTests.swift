import Foundation
import LocalGrid
import Logging
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("PostgreSQL that fails", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(3)))
struct FaultTests {
    private func insert(_ table: String) -> PostgresQuery { PostgresQuery("insert", "INSERT INTO \(table) VALUES ($1)") }

    private func make(_ table: String, _ url: String? = nil) async throws {
        let settings = try await settings(url)
        try await withConnection(settings) { try await $0.sql("CREATE TABLE \(table) (id bigint)") }
    }

    private func count(_ table: String, _ url: String? = nil) async throws -> Int64? {
        let settings = try await settings(url)
        return try await withConnection(settings) { try await $0.value(Int64.self, "SELECT count(*) FROM \(table)") }
    }

    /// A network before the shared server. It waits for the text in a direction, and then does as it is told.
    private func proxy(_ text: String, _ direction: ByteProxy.Direction, _ verdict: ByteProxy.Verdict) async throws -> ByteProxy {
        try await ByteProxy(to: TestDatabase.shared().port, at: text, direction) { _ in verdict }
    }

    private func settings(through proxy: ByteProxy) async throws -> PostgresSettings {
        // In clear, for the proxy to see.
        let url = try await TestDatabase.shared().url(host: "127.0.0.1:\(proxy.port)")
        return try await settings("\(url)&sslmode=disable")
    }

    private func settings(_ url: String?) async throws -> PostgresSettings { try await PostgresTests.settings(url) }

    // MARK: The commit

    @Test func `a commit that the server never saw has an unknown outcome`() async throws {
        let table = uniqueTable()
        try await make(table)
        let proxy = try await proxy("COMMIT", .towardServer, .cut(after: 0))
        defer { proxy.stop() }
        try await withConnection(settings(through: proxy)) { connection in
            let error = await #expect(throws: PostgresError.self) { try await connection.transaction([insert(table)(Int64(1))]) }
            #expect(error?.code == .connectionLost && error?.outcome == .unknown, "\(error?.message ?? "")")
            #expect(!connection.isConnected)
        }
        #expect(try await count(table) == 0)
    }

    @Test func `a commit whose answer is lost has an unknown outcome`() async throws {
        let table = uniqueTable()
        try await make(table)
        let proxy = try await proxy("COMMIT\0", .towardClient, .cut(after: 0))
        defer { proxy.stop() }
        try await withConnection(settings(through: proxy)) { connection in
            let error = await #expect(throws: PostgresError.self) { try await connection.transaction([insert(table)(Int64(1))]) }
            #expect(error?.code == .connectionLost && error?.outcome == .unknown, "\(error?.message ?? "")")
        }
        #expect(try await count(table) == 1)
    }

    @Test func `a commit whose answer is held back has an unknown outcome, within the limit`() async throws {
        let table = uniqueTable()
        try await make(table)
        let proxy = try await proxy("COMMIT\0", .towardClient, .hold)
        defer { proxy.stop() }
        try await withConnection(settings(through: proxy)) { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.transaction([insert(table)(Int64(1))], within: .milliseconds(300))
            }
            #expect(error?.code == .timedOut && error?.outcome == .unknown, "\(error?.message ?? "")")
        }
        #expect(try await count(table) == 1)
    }

    @Test func `a commit whose answer came counts, though the connection broke after it`() async throws {
        let table = uniqueTable()
        try await make(table)
        // The tag of COMMIT goes on, and ReadyForQuery after it does not.
        let proxy = try await ByteProxy(to: TestDatabase.shared().port, at: "COMMIT\0", .towardClient) { .cut(after: $0) }
        defer { proxy.stop() }
        try await withConnection(settings(through: proxy)) { connection in
            let rows = try await connection.transaction([insert(table)(Int64(1))])
            #expect(rows.map(\.affected) == [1])
            while connection.isConnected { await Task.yield() }
        }
        #expect(try await count(table) == 1)
    }

    @Test func `wherever the connection is cut, the outcome is what the database says`() async throws {
        let table = uniqueTable()
        try await make(table)
        var outcomes: [String: Int] = [:]
        var number = 0
        try await forAllInTurn(150) { generator, comment in
            number += 1
            let direction: ByteProxy.Direction = generator.coin() ? .towardServer : .towardClient
            let kind = generator.number(0...2)
            let end = generator.number(0...900)
            let isArmed = Mutex(false)
            let seen = Mutex(0)
            let proxy = try await ByteProxy(to: TestDatabase.shared().port) { _, found, bytes, _ in
                guard found == direction, isArmed.withLock({ $0 }) else { return .pass }
                return seen.withLock { seen in
                    defer { seen += bytes.count }
                    return seen + bytes.count > end ? .cut(after: max(0, end - seen)) : .pass
                }
            }
            defer { proxy.stop() }
            try await withConnection(settings(through: proxy)) { connection in
                isArmed.withLock { $0 = true }
                let statements = [insert(table)(Int64(number)), PostgresQuery("one", "SELECT repeat('x', 200) AS x")()]
                var outcome = "committed"
                do throws(PostgresError) {
                    switch kind {
                    case 0: try await connection.transaction(statements)
                    case 1: try await connection.run(statements)
                    default: try await connection.begin(statements).commit()
                    }
                } catch {
                    outcome = error.outcome.rawValue
                }
                outcomes[outcome, default: 0] += 1
                // A server that has the commit and has lost its client finishes it all the same.
                let isThere = try await isThere(number, in: table, wanted: outcome == "committed")
                if outcome == "committed" { #expect(isThere, comment) }
                if outcome == "notCommitted" { #expect(!isThere, comment) }
            }
        }
        #expect(outcomes.count == 3, "\(outcomes)")
    }

    private func isThere(_ id: Int, in table: String, wanted: Bool) async throws -> Bool {
        try await withConnection { connection in
            // All other sessions that might still write it are over.
            if !wanted { try await connection.until("SELECT count(*) = 0 FROM pg_locks WHERE relation = '\(table)'::regclass") }
            return try await connection.value(Int64.self, "SELECT count(*) FROM \(table) WHERE id = \(id)") == 1
        }
    }

    // MARK: The server

    @Test func `a server that is killed between BEGIN and COMMIT has committed nothing, and serves again`() async throws {
        try await TestDatabase.withServer { database in
            let table = uniqueTable()
            try await make(table, database.url)
            try await withConnection(settings(database.url)) { connection in
                let transaction = try await connection.begin([insert(table)(Int64(1))])
                await database.kill()
                let error = await #expect(throws: PostgresError.self) { try await transaction.run([insert(table)(Int64(2))]) }
                #expect(error?.outcome == .notCommitted && [.connectionLost, .closed].contains(error?.code))
                let commit = await #expect(throws: PostgresError.self) { try await transaction.commit() }
                #expect(commit?.outcome == .notCommitted)
                let down = await #expect(throws: PostgresError.self) { try await connection.connect() }
                #expect(down?.code == .unreachable)
                try await database.start()
                try await connection.connect()
                #expect(try await connection.value(Int64.self, "SELECT count(*) FROM \(table)") == 0)
                try await connection.transaction([insert(table)(Int64(3))])
            }
            #expect(try await count(table, database.url) == 1)
        }
    }

    @Test func `a server that is stopped says goodbye, and its clients say what it said`() async throws {
        try await TestDatabase.withServer { database in
            try await withConnection(settings(database.url)) { connection in
                // The statement has no end of its own: the server's stop is one.
                async let ended = connection.sql("SELECT pg_sleep('infinity')")
                try await withConnection(settings(database.url)) { other in
                    try await other.until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                }
                await database.stop()
                do {
                    _ = try await ended
                    Issue.record("the statement came to its end")
                } catch let error as PostgresError {
                    #expect(error.code == .connectionLost && error.sqlState == "57P01", "\(error.message)")
                }
            }
        }
    }

    @Test func `a frozen server is given up within the limit, with an unknown outcome where the commit was sent`() async throws {
        try await TestDatabase.withServer { database in
            let table = uniqueTable()
            try await make(table, database.url)
            try await withConnection(settings(database.url)) { connection in
                try await connection.sql("SELECT 1")
                #expect(database.signal(SIGSTOP) > 1)
                let whole = await #expect(throws: PostgresError.self) {
                    try await connection.transaction([insert(table)(Int64(1))], within: .milliseconds(300))
                }
                #expect(whole?.code == .timedOut && whole?.outcome == .unknown)
                let connecting = await #expect(throws: PostgresError.self) { try await connection.connect(within: .milliseconds(300)) }
                #expect(connecting?.code == .timedOut)
                database.signal(SIGCONT)
                try await connection.connect()
                let transaction = try await connection.begin([insert(table)(Int64(2))])
                database.signal(SIGSTOP)
                let step = await #expect(throws: PostgresError.self) {
                    try await transaction.run([insert(table)(Int64(3))], within: .milliseconds(300))
                }
                #expect(step?.code == .timedOut && step?.outcome == .notCommitted)
                database.signal(SIGCONT)
            }
        }
    }

    @Test func `a server whose buffers are full and that reads nothing is given up too`() async throws {
        let database = try await TestDatabase.shared()
        let isArmed = Mutex(false)
        let proxy = try ByteProxy(to: database.port) { _, direction, _, _ in
            direction == .towardServer && isArmed.withLock { $0 } ? .hold : .pass
        }
        defer { proxy.stop() }
        try await withConnection(settings(through: proxy)) { connection in
            isArmed.withLock { $0 = true }
            let query = PostgresQuery("big", "SELECT length($1) AS n")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.run([query(Data(count: 32 << 20))], within: .milliseconds(500))
            }
            #expect(error?.code == .timedOut)
        }
    }

    @Test func `nonsense in the middle of a session ends the connection with an unknown outcome`() async throws {
        let database = try await TestDatabase.shared()
        try await forAllInTurn(30) { generator, comment in
            let noise = Array(generator.bytes(5...400))
            let server = try ForgedAnswers(to: database.port, noise)
            defer { server.stop() }
            var changed = try await settings("\(database.url(host: "127.0.0.1:\(server.port)"))&sslmode=disable")
            changed.answerTimeout = .milliseconds(500)
            try await withConnection(changed) { connection in
                server.forge()
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.transaction([PostgresQuery("one", "SELECT 1")()])
                }
                #expect(error?.outcome == .unknown && !connection.isConnected, comment)
            }
        }
    }
}
