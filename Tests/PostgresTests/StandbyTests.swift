import Foundation
import LocalGrid
import Postgres
import TestSupport
import Testing

@Suite("PostgreSQL with standbys", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(3)))
struct StandbyTests {
    private func insert(_ table: String) -> PostgresQuery { PostgresQuery("insert", "INSERT INTO \(table) VALUES ($1)") }

    private func make(_ table: String, _ url: String) async throws {
        try await withConnection(settings(url)) { try await $0.sql("CREATE TABLE \(table) (id bigint)") }
    }

    @Test func `the writable one of two servers is found, and after a promotion the other`() async throws {
        try await TestDatabase.withServer(name: "primary") { primary in
            let standby = try await TestDatabase.standby(of: primary)
            try await standby.start()
            do {
                let table = uniqueTable()
                try await make(table, primary.url)
                try primary.configure(["synchronous_standby_names": "standby"])
                let hosts = "127.0.0.1:\(standby.port),127.0.0.1:\(primary.port)"
                let url = primary.url(host: hosts)
                try await withConnection(settings("\(url)&target_session_attrs=read-write")) { connection in
                    let port = try await connection.value(Int32.self, "inet_server_port()")
                    #expect(port == Int32(primary.port))
                    try await connection.until("SELECT max(sync_state) = 'sync' FROM pg_stat_replication")
                    try await connection.transaction([insert(table)(Int64(1))])
                    await primary.kill()
                    let alone = await #expect(throws: PostgresError.self) { try await connection.connect() }
                    #expect(alone?.code == .unreachable, "\(alone?.message ?? "")")
                    #expect(alone?.message.contains("it is a standby") == true && alone?.message.contains("name all hosts") == false)
                    try await standby.promote()
                    while !connection.isConnected { try? await connection.connect() }
                    #expect(try await connection.value(Int64.self, "SELECT count(*) FROM \(table)") == 1)
                    try await connection.transaction([insert(table)(Int64(2))])
                }
                let readOnly = try await settings("\(standby.url)&target_session_attrs=standby")
                let error = await #expect(throws: PostgresError.self) { try await withConnection(readOnly) { _ in } }
                #expect(error?.code == .unsuitableServer)
            } catch {
                await standby.kill()
                throw error
            }
            await standby.stop()
        }
    }

    @Test func `a commit whose wait for its standby is cancelled by somebody is not called committed`() async throws {
        try await TestDatabase.withServer(name: "alone") { database in
            let table = uniqueTable()
            try await make(table, database.url)
            try database.configure(["synchronous_standby_names": "nobody"])
            try await withConnection(settings("\(database.url)&application_name=cancelled")) { connection in
                try await connection.until("current_setting('synchronous_standby_names') = 'nobody'")
                for isWhole in [true, false] {
                    let statements = [insert(table)(Int64(1))]
                    let commit = Task {
                        if isWhole { try await connection.transaction(statements) } else { try await connection.run(statements) }
                    }
                    try await withConnection(settings(database.url)) { other in
                        let waiting = "FROM pg_stat_activity WHERE application_name = 'cancelled' AND wait_event = 'SyncRep'"
                        try await other.until("SELECT count(*) > 0 \(waiting)")
                        try await other.sql("SELECT pg_cancel_backend(pid) \(waiting)")
                    }
                    let error = await #expect(throws: PostgresError.self) { try await commit.value }
                    #expect(error?.code == .notReplicated && error?.outcome == .unknown, "\(error?.message ?? "")")
                }
                try await connection.sql("SELECT 1")
            }
        }
    }
}
