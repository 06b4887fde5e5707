import Foundation
import Logging
import Synchronization

@testable import Postgres
@testable import TaskStore
@testable import TaskStorePostgres

/// A PostgreSQL with a schema for one benchmark after another.
final class BenchmarkedDatabase: Sendable {
    private let settings: PostgresSettings
    private let schema = "benchmark-\(UUID().uuidString.lowercased())"
    private let logger = Logger(label: "benchmarks") { _ in SwiftLogNoOpLogHandler() }
    private let held = Mutex<(PostgresConnection, PostgresTransaction)?>(nil)

    /// - Parameter url: where it is, as libpq takes it.
    init(url: String) { settings = PostgresSettings(conninfo: url) }

    func open() async throws -> any TaskStore { try await PostgresTaskStore(settings, schema: schema, logger: logger) }

    /// Keeps a snapshot until ``remove()``: the server can clean nothing of what is written after it.
    func holdSnapshot() async throws {
        let connection = try await connection()
        let snapshot = PostgresQuery.once("snapshot", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        let count = PostgresQuery.once("count", "SELECT count(*) FROM \(Schema.quoted(schema)).task")
        let transaction = try await connection.begin([snapshot(), count()])
        held.withLock { $0 = (connection, transaction) }
    }

    func remove() async throws {
        await held.withLock { $0.take() }?.0.close()
        let connection = try await connection()
        try await connection.run([PostgresQuery.once("remove", "DROP SCHEMA \(Schema.quoted(schema)) CASCADE")()])
        await connection.close()
    }

    private func connection() async throws -> PostgresConnection {
        let connection = PostgresConnection(settings, name: "benchmarks", logger: logger)
        try await connection.connect()
        return connection
    }
}
