import LocalGrid
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

@Suite("The lease of a store", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(3)))
struct LeaseTests {
    /// Runs `body` with two stores in one schema.
    private func withLeases(_ body: (_ schema: String, _ one: any StoreLease, _ two: any StoreLease) async throws -> Void) async throws {
        let schema = uniqueSchema()
        let stores = (try await open(schema), try await open(schema))
        try await body(schema, #require(stores.0.lease), #require(stores.1.lease))
        await stores.0.close()
        await stores.1.close()
        try await drop(schema)
    }

    /// Makes the lease look as if it had been renewed so long ago. No test waits for that.
    private func age(_ schema: String, by time: String) async throws {
        try await sql(schema, "UPDATE lease SET renewed = renewed - interval '\(time)', until = until - interval '\(time)'")
    }

    private func holder(_ answer: LeaseAnswer) -> String? {
        if case .refused(let holder) = answer { holder?.name } else { nil }
    }

    @Test func `one takes it and renews it, and the other hears who has it`() async throws {
        try await withLeases { _, one, two in
            let first = try await one.take(for: "one", hint: false)
            #expect(first == .granted(former: nil))
            #expect(try await holder(two.take(for: "two", hint: false)) == "one")
            #expect(try await holder(two.renew(for: "two")) == "one")
            #expect(try await one.renew(for: "one") == .granted(former: nil))
            #expect(try await one.take(for: "one", hint: false) == .granted(former: nil))
        }
    }

    @Test func `it is free at once when its holder releases it, and nobody else can`() async throws {
        try await withLeases { _, one, two in
            _ = try await one.take(for: "one", hint: false)
            try await two.release(by: "two")
            #expect(try await holder(two.take(for: "two", hint: true)) == "one")
            try await one.release(by: "one")
            #expect(try await two.take(for: "two", hint: false) == .granted(former: nil))
            #expect(try await holder(one.renew(for: "one")) == "two")
        }
    }

    @Test func `it is over after two seconds, and after one with a hint`() async throws {
        try await withLeases { schema, one, two in
            _ = try await one.take(for: "one", hint: false)
            try await age(schema, by: "1.2 s")
            // The test may have been slow: then it is over already, and was rightly taken.
            let early = try await two.take(for: "two", hint: false)
            if case .refused = early { #expect(holder(early) == "one") }
            _ = try await two.take(for: "two", hint: true)
            #expect(try await holder(one.renew(for: "one")) == "two")

            try await age(schema, by: "2 s")
            guard case .granted(let former?) = try await one.take(for: "one", hint: false) else {
                Issue.record("it is not over")
                return
            }
            #expect(former.name == "two" && former.silence >= .seconds(2))
            // Its holder may go on where nobody else has taken it.
            try await age(schema, by: "1 h")
            #expect(try await one.renew(for: "one") == .granted(former: nil))
            #expect(try await holder(two.take(for: "two", hint: false)) == "one")
        }
    }

    /// As after a failover to a machine whose clock is behind.
    @Test func `one that a clock of the future gave is over`() async throws {
        try await withLeases { schema, one, two in
            _ = try await one.take(for: "one", hint: false)
            try await sql(schema, "UPDATE lease SET renewed = renewed + interval '1 h', until = until + interval '1 h'")
            guard case .granted(let former) = try await two.take(for: "two", hint: false) else {
                Issue.record("it is not over")
                return
            }
            #expect(former == LeaseHolder(name: "one", silence: .zero))
        }
    }

    @Test func `a row that somebody has deleted is made again, by its holder and by a standby`() async throws {
        try await withLeases { schema, one, two in
            _ = try await one.take(for: "one", hint: false)
            try await sql(schema, "DELETE FROM lease")
            #expect(try await one.renew(for: "one") == .granted(former: nil))
            #expect(try await holder(two.take(for: "two", hint: false)) == "one")
            try await sql(schema, "DELETE FROM lease")
            #expect(try await two.take(for: "two", hint: false) == .granted(former: nil))
            #expect(try await holder(one.renew(for: "one")) == "two")
        }
    }

    @Test func `of many that take it at once exactly one gets it`() async throws {
        let schema = uniqueSchema()
        let stores = try await withThrowingTaskGroup(of: PostgresTaskStore.self) { group in
            for _ in 0..<4 { group.addTask { try await open(schema) } }
            return try await group.reduce(into: [PostgresTaskStore]()) { $0.append($1) }
        }
        for round in 0..<20 {
            let answers = try await withThrowingTaskGroup(of: (String, LeaseAnswer).self) { group in
                for (index, store) in stores.enumerated() {
                    let lease = try #require(store.lease)
                    group.addTask { ("\(index)", try await lease.take(for: "\(index)", hint: false)) }
                }
                return try await group.reduce(into: [(String, LeaseAnswer)]()) { $0.append($1) }
            }
            let winners = answers.filter { if case .granted = $0.1 { true } else { false } }.map(\.0)
            #expect(winners.count == 1, "round \(round)")
            for winner in winners { try await stores[0].lease?.release(by: winner) }
        }
        for store in stores { await store.close() }
        try await drop(schema)
    }

    @Test func `it is renewed while a commit holds the row of the slot`() async throws {
        try await withLeases { schema, one, two in
            _ = try await one.take(for: "one", hint: false)
            let url = try await TestDatabase.shared().url
            var settings = PostgresSettings(conninfo: url)
            settings.parameters["search_path"] = Schema.quoted(schema)
            let connection = PostgresConnection(settings, name: "test", logger: .silent)
            try await connection.connect()
            let transaction = try await connection.begin([
                PostgresQuery.once("hold", "UPDATE slot SET turn = turn + 1 WHERE slot = 0")()
            ])
            #expect(try await one.renew(for: "one") == .granted(former: nil))
            #expect(try await holder(two.take(for: "two", hint: false)) == "one")
            await transaction.rollBack()
            await connection.close()
        }
    }

    @Test func `a dispatcher that fell silent in the middle of a commit keeps nobody from beginning a term`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        let first = try await store.beginTerm()
        let url = try await TestDatabase.shared().url
        let silent = PostgresConnection(PostgresSettings(conninfo: url).ofStore(schema: schema), name: "silent", logger: .silent)
        try await silent.connect()
        let transaction = try await silent.begin([PostgresQuery.once("hold", "UPDATE slot SET turn = turn + 1 WHERE slot = 0")()])
        // The server ends the silent one's session, before this one's patience is over.
        #expect(try await store.beginTerm() > first)
        await transaction.rollBack()
        await silent.close()
        await store.close()
        try await drop(schema)
    }

    @Test func `a dispatcher that fell silent in the middle of a request keeps nobody from beginning a term`() async throws {
        let cutter = try await Cutter(to: TestDatabase.shared().port)
        defer { cutter.stop() }
        let url = try await TestDatabase.shared().url(host: "127.0.0.1:\(cutter.port)") + "&sslmode=disable"
        let schema = uniqueSchema()
        let (silent, standby) = (try await open(schema, url), try await open(schema))
        let first = try await silent.beginTerm()
        try await silent.submit(.of(key: "small", [.text("a")]))
        // More than the network's first read, which has the fence.
        let large = NewSubmission.of(key: "large", [.text(String(repeating: "x", count: 1 << 18))])
        cutter.hold(.towardServer, after: 1)
        let commit = Task { try await silent.commit(StoreChanges(term: first, submissions: [large])) }
        try await until {
            let held = "SELECT FROM pg_locks WHERE relation = 'slot'::regclass AND mode = 'RowExclusiveLock' AND granted"
            return try await sql(schema, held)[0].count == 1
        }
        #expect(try await standby.beginTerm() > first)
        await #expect(throws: StoreError.self) { try await commit.value }
        #expect(try await standby.counts(of: .reverse).pending == 1)
        await silent.close()
        await standby.close()
        try await drop(schema)
    }

    @Test func `it says that the database is away, and goes on over a new connection`() async throws {
        try await TestDatabase.withServer { server in
            let store = try await open("grid", server.url)
            let lease = try #require(store.lease)
            _ = try await lease.take(for: "one", hint: false)
            await server.kill()
            let error = await #expect(throws: StoreError.self) { try await lease.renew(for: "one") }
            #expect(error?.code == .unavailable)
            try await server.start()
            #expect(try await lease.renew(for: "one") == .granted(former: nil))
            await store.close()
            await #expect(throws: StoreError.self) { try await lease.take(for: "one", hint: false) }
        }
    }
}
