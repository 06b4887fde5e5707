import Foundation
import LocalGrid
import Logging
import Postgres
import TestSupport
import Testing

/// Settings of a connection to a server; nil: the shared one.
func settings(_ url: String? = nil) async throws -> PostgresSettings {
    let shared = try await url == nil ? TestDatabase.shared().url : ""
    return PostgresSettings(conninfo: url ?? shared, applicationName: "taskgrid tests")
}

/// Runs `body` with a connection of its own, and closes it.
///
/// - Parameters:
///   - settings: nil: those of the shared server.
///   - logger: where the connection logs.
///   - isConnected: whether it is connected when `body` begins.
@discardableResult
func withConnection<Value>(
    _ settings: PostgresSettings? = nil, logger: Logger = .silent, isConnected: Bool = true,
    _ body: (PostgresConnection) async throws -> Value
) async throws -> Value {
    var used = settings
    if used == nil { used = try await PostgresTests.settings() }
    let connection = PostgresConnection(try #require(used), name: "test", logger: logger)
    do {
        if isConnected { try await connection.connect() }
        let value = try await body(connection)
        await connection.close()
        return value
    } catch {
        await connection.close()
        throw error
    }
}

/// A name for a table of the test's own.
func uniqueTable(_ prefix: String = "t") -> String { "\(prefix)_\(UUID().uuidString.replacing("-", with: "").lowercased())" }

extension PostgresConnection {
    /// Runs one statement without parameters.
    @discardableResult
    nonisolated func sql(_ text: String) async throws(PostgresError) -> PostgresRows {
        try await run([PostgresQuery.once("sql", text)()])[0]
    }

    /// Returns when a condition holds. PostgreSQL tells nobody when its views of sessions, locks and settings change, so that it is asked
    /// again and again; each question waits for its answer, and the time limit of the suite bounds them.
    nonisolated func until(_ condition: String) async throws {
        while try await value(Bool.self, condition) != true {}
    }

    /// The only value of a query.
    nonisolated func value<Value: PostgresValue>(_ type: Value.Type, _ text: String) async throws -> Value? {
        try await sql("SELECT (\(text)) AS value").column("value", type)[ifPresent: 0]
    }
}
