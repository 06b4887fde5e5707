import LocalGrid
import Logging
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

@Suite("Durability", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(3)))
struct DurabilityTests {
    @Test func `a database whose commits need not be durable by default has durable ones of the store`() async throws {
        let schema = uniqueSchema()
        let url = try await TestDatabase.shared().url
        let store = try await open(schema, "\(url)&options=-csynchronous_commit%3Doff")
        _ = try await store.beginTerm()
        let setting = try await store.writer.connection.run([.init(.once("show", "SHOW synchronous_commit"))])[0]
        #expect(try setting.first("synchronous_commit", String.self) == "on")
        await store.close()
        try await drop(schema)
    }

    /// Runs `body` with the URL of a server that has a store in the schema `grid` and waits for a standby that is not there.
    ///
    /// - Parameter setting: the default of `synchronous_commit` for the sessions of the URL.
    private func withMissingStandby(commit setting: String, _ body: (_ url: String) async throws -> Void) async throws {
        try await TestDatabase.withServer { server in
            let store = try await open("grid", server.url)
            await store.close()
            try server.configure(["synchronous_standby_names": "nobody"])
            let url = "\(server.url)&options=-csynchronous_commit%3D\(setting)"
            let names = "SELECT current_setting('synchronous_standby_names') AS names"
            try await until { try await sql("public", names, url: url)[0].first("names", String.self) == "nobody" }
            try await body(url)
        }
    }

    @Test func `an inspection sees the standbys as the commits of a dispatcher wait for them`() async throws {
        try await withMissingStandby(commit: "off") { url in
            let inspection = try await PostgresTaskStore.inspect(PostgresSettings(conninfo: url), schema: "grid", logger: .silent)
            let found = inspection.findings.filter { $0.subject == .durability }
            #expect(found.contains { $0.found == "commits wait for a standby of 'nobody', and none is connected" }, "\(found)")
        }
    }

    @Test func `commits that do not wait for the standbys that are named are warned of, by a dispatcher too`() async throws {
        try await withMissingStandby(commit: "local") { url in
            let log = Journal<LogLine>()
            let store = try await PostgresTaskStore(PostgresSettings(conninfo: url), schema: "grid", logger: Logger(into: log))
            #expect(log.entries.contains { $0.level == .warning && $0.message.contains("does not wait for its standbys") })
            await store.close()
            let inspection = try await PostgresTaskStore.inspect(PostgresSettings(conninfo: url), schema: "grid", logger: .silent)
            let words = "commits do not wait for the standbys of 'nobody' (synchronous_commit = local)"
            #expect(inspection.findings.contains { $0.level == .warning && $0.found.hasPrefix(words) }, "\(inspection.findings)")
        }
    }

    @Test(arguments: [("on", StoreFinding.Level.ok), ("remote_apply", .ok), ("remote_write", .warning)])
    func `a standby that confirms what is not on its disk is warned of`(setting: String, level: StoreFinding.Level) async throws {
        let rows = try await sql(
            "public",
            """
            SELECT 'on'::text AS fsync, 'on'::text AS full_page_writes, '\(setting)'::text AS synchronous_commit,
                'two'::text AS synchronous_standby_names, 1::bigint AS confirming, true AS sees_standbys
            """)[0]
        let found = try #require(try Durability(rows).findings(unlogged: []).last)
        #expect(found.level == level && found.found.contains("synchronous_commit = \(setting)"), "\(found)")
    }

    @Test func `a session that could not be set up is set up by the next call`() async throws {
        try await TestDatabase.withServer { server in
            try await sql(
                "public", "CREATE ROLE plain LOGIN PASSWORD 'secret'", "GRANT CREATE ON DATABASE postgres TO plain", url: server.url)
            let store = try await open(
                "grid", "postgresql://plain:secret@127.0.0.1:\(server.port)/postgres?options=-csynchronous_commit%3Doff")
            let term = try await store.beginTerm()
            try await sql(
                "public", "REVOKE EXECUTE ON FUNCTION current_setting(text) FROM PUBLIC",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'plain'", url: server.url)
            // The first call may find out that the connection is lost.
            for _ in 0..<3 {
                await #expect(throws: StoreError.self) { try await store.commit(StoreChanges(term: term, types: [.sum])) }
            }
            try await sql("public", "GRANT EXECUTE ON FUNCTION current_setting(text) TO PUBLIC", url: server.url)
            _ = try await store.commit(StoreChanges(term: term, types: [.sum]))
            let setting = try await store.writer.connection.run([.init(.once("show", "SHOW synchronous_commit"))])[0]
            #expect(try setting.first("synchronous_commit", String.self) == "on")
            await store.close()
        }
    }

    @Test func `a commit that waits for a standby is told by a look, until the standby is not waited for`() async throws {
        try await TestDatabase.withServer { server in
            let store = try await open("grid", server.url)
            let term = try await store.beginTerm()
            try server.configure(["synchronous_standby_names": "none_there"])
            // The first ones may be over before the server has the setting.
            let committing = Task {
                while !Task.isCancelled { _ = try await store.commit(StoreChanges(term: term, submissions: [.of([.text("a")])])) }
            }
            var message = ""
            try await until {
                do throws(StoreError) {
                    try await store.check()
                    return false
                } catch {
                    #expect(error.code == .unavailable)
                    message = error.message
                    return true
                }
            }
            #expect(message.contains("s for a synchronous standby to confirm it; start that standby, or take it out of"), "\(message)")
            committing.cancel()
            try server.configure(["synchronous_standby_names": ""])
            _ = await committing.result
            try await until { (try? await store.check()) != nil }
            await store.close()
        }
    }

    /// As an asynchronous standby does that goes on without the last commits, on the same timeline.
    @Test func `commits that the database has lost are told, and nothing goes on before a term is begun`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        let term = try await store.beginTerm()
        try await store.submit(.of([.text("a")]))
        try await sql(schema, "UPDATE slot SET turn = turn - 1")
        for _ in 0..<3 {
            let error = await #expect(throws: StoreError.self) { try await store.commit(StoreChanges(term: term, types: [.sum])) }
            #expect(error?.code == .unknown && error?.message.contains("lost") == true)
        }
        let next = try await store.beginTerm()
        #expect(try await store.commit(StoreChanges(term: next, submissions: [.of([.text("b")])])).submissions[0].first == 2)
        await store.close()
        try await drop(schema)
    }
}
