import Foundation
import LocalGrid
import Logging
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

/// The name of a PostgreSQL schema of the test's own.
func uniqueSchema() -> String { "test-\(UUID().uuidString.lowercased())" }

/// Opens a store in a schema.
func open(_ schema: String, _ url: String? = nil) async throws -> PostgresTaskStore {
    var address = url
    if address == nil { address = try await TestDatabase.shared().url }
    return try await PostgresTaskStore(PostgresSettings(conninfo: address ?? ""), schema: schema, logger: .silent)
}

/// A connection of somebody else to the tables of a schema.
func connect(_ schema: String, url: String? = nil) async throws -> PostgresConnection {
    var address = url
    if address == nil { address = try await TestDatabase.shared().url }
    var settings = PostgresSettings(conninfo: address ?? "")
    settings.parameters["search_path"] = Schema.quoted(schema)
    let connection = PostgresConnection(settings, name: "test", logger: .silent)
    try await connection.connect()
    return connection
}

/// Runs statements in the tables of a schema, one after another, as somebody else would.
@discardableResult
func sql(_ schema: String, _ statements: String..., url: String? = nil) async throws -> [PostgresRows] {
    let connection = try await connect(schema, url: url)
    var rows: [PostgresRows] = []
    do {
        for statement in statements { rows += try await connection.run([PostgresQuery.once("sql", statement)()]) }
    } catch {
        await connection.close()
        throw error
    }
    await connection.close()
    return rows
}

/// Drops a schema with its tables.
func drop(_ schema: String, url: String? = nil) async throws {
    try await sql(schema, "DROP SCHEMA \(Schema.quoted(schema)) CASCADE", url: url)
}

/// Returns when a condition holds, and records an issue where it does not come to that. Neither another server nor the store's work beside its
/// calls tells a test that something has changed, so that both are asked again and again.
func until(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !condition() {
        guard .now < deadline else {
            Issue.record("it has not come to that")
            return
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Everything that stands in the state in memory.
struct StateContents: Equatable {
    var slot: SlotState
    var types: [Int32: TaskType]
    var ranges: [OpenRange]
    var names: [CursorName]
    var deferred: [Int64: DeferredTask]
    var cursors: [CursorName: [Int64]] = [:]

    init(_ state: OpenState) {
        slot = state.slot
        types = state.types.types
        // Numbers of cursors are the order in which they were made.
        let all = state.ranges.all
        names = all.map { state.cursors.names[Int($0.cursor)] }
        ranges = all.map { OpenRange(first: $0.first, length: $0.length, rest: $0.rest, cursor: 0, hasRows: false) }
        deferred = state.deferred.all
        for (index, name) in state.cursors.names.enumerated() {
            let cursor = state.cursors[Int32(index)]
            // One that was never moved has no row.
            if cursor.position > 0 || cursor.pending > 0 { cursors[name] = [cursor.position, Int64(cursor.pending)] }
        }
    }
}

extension Writer {
    /// The state in memory, and as the rows have it now; nil: there is none in memory.
    func contents() async throws -> (memory: StateContents, rows: StateContents)? {
        await enter()
        defer { leave() }
        guard let state else { return nil }
        try await connect()
        let transaction = try await connection.begin([LoadSQL.snapshot(), SlotSQL.find(SlotState.number)])
        let read = try await OpenState(try SlotState(transaction.answers[1]), transaction)
        await transaction.rollBack()
        // A range may have lost its last row of `open` since it was read; one that has any has to know.
        func firstsWithRows(_ state: OpenState) -> Set<Int64> { Set(state.ranges.all.filter(\.hasRows).map(\.first)) }
        #expect(firstsWithRows(read).isSubset(of: firstsWithRows(state)))
        return (StateContents(state), StateContents(read))
    }
}
