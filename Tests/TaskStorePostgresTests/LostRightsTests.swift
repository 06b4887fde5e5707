import Foundation
import LocalGrid
import Postgres
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

@Suite("A store whose user loses a right", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(3)))
struct LostRightsTests {
    /// Runs `body` with a store in the schema `grid` of a server of the test's own, and the settings of its user `limited`.
    private func withStore(_ body: (PostgresTaskStore, PostgresSettings, _ owner: String) async throws -> Void) async throws {
        try await TestDatabase.withServer { server in
            let password = try server.password()
            try await sql(
                "public", "CREATE ROLE limited LOGIN PASSWORD '\(password)'", "CREATE SCHEMA grid", "GRANT ALL ON SCHEMA grid TO limited",
                url: server.url)
            var settings = PostgresSettings(conninfo: server.url.replacing("taskgrid@", with: "limited@"))
            settings.readPassword = { password }
            let store = try await PostgresTaskStore(settings, schema: "grid", logger: .silent)
            try await body(store, settings, server.url)
            await store.close()
        }
    }

    @Test func `a schema that it may not use any more is no schema without tables`() async throws {
        try await withStore { store, settings, owner in
            try await sql("public", "REVOKE USAGE ON SCHEMA grid FROM limited", url: owner)
            let looked = await #expect(throws: StoreError.self) { try await store.check() }
            let opened = await #expect(throws: StoreError.self) {
                _ = try await PostgresTaskStore(settings, schema: "grid", logger: .silent)
            }
            for error in [looked, opened] {
                #expect(error?.code == .readOnly && error?.message.contains("GRANT USAGE ON SCHEMA") == true, "\(error?.message ?? "")")
                #expect(error?.message.contains("gone") == false)
            }
            try await sql("public", "GRANT USAGE ON SCHEMA grid TO limited", url: owner)
            try await store.check()
        }
    }

    @Test(arguments: ["", "&target_session_attrs=read-write"])
    func `a role that is set to read only is no standby`(target: String) async throws {
        try await withStore { _, settings, owner in
            try await sql("public", "ALTER ROLE limited SET default_transaction_read_only = on", url: owner)
            var settings = settings
            settings.conninfo += target
            let error = await #expect(throws: StoreError.self) {
                let store = try await PostgresTaskStore(settings, schema: "grid", logger: .silent)
                do {
                    try await store.submit(.of([.text("a")]))
                } catch {
                    await store.close()
                    throw error
                }
            }
            let message = error?.message ?? ""
            #expect(message.contains("default_transaction_read_only is on") && !message.contains("standby"), "\(message)")
        }
    }

    @Test func `an inspection names the rights that its user lacks, and how to give them`() async throws {
        try await withStore { _, settings, owner in
            func found() async throws -> [StoreFinding] {
                try await PostgresTaskStore.inspect(settings, schema: "grid", logger: .silent).findings
                    .filter { $0.level != .ok && $0.subject == .rows }
            }
            #expect(try await found().isEmpty)
            try await sql(
                "grid", "REVOKE INSERT, DELETE ON task FROM limited", "ALTER TABLE ending OWNER TO taskgrid",
                "GRANT SELECT, INSERT ON ending TO limited", "REVOKE CREATE ON SCHEMA grid FROM limited",
                "ALTER ROLE limited SET default_transaction_read_only = on", url: owner)
            let lacking = try await found()
            #expect(
                lacking.map(\.found) == [
                    "the user limited lacks rights that a dispatcher needs: DELETE on ending, the ownership of ending, "
                        + "DELETE, INSERT on task, CREATE on the schema",
                    "default_transaction_read_only is on for the user limited, the database or the server: a dispatcher cannot write",
                ])
            let advice = try #require(lacking.first?.advice)
            let begin = try #require(advice.firstRange(of: "GRANT")?.lowerBound)
            for statement in advice[begin...].split(separator: "; ") { try await sql("grid", String(statement), url: owner) }
            try await sql("public", "ALTER ROLE limited SET default_transaction_read_only = off", url: owner)
            #expect(try await found().isEmpty)
        }
    }
}
