import Foundation
import LocalGrid
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TaskStoreSQLite
import TestSupport
import Testing

@testable import TaskStorePostgres

/// A grid in an SQLite file, and the schema that it is to be moved to.
struct Moved {
    let path: String
    var schema = uniqueSchema()

    var move: StoreMove {
        StoreMove(id: UUID().uuidString.lowercased(), destination: "postgresql://elsewhere/grid", schema: schema, started: .at(0))
    }

    func withDestination<Value>(_ body: (PostgresStoreDestination) async throws -> Value) async throws -> Value {
        let settings = PostgresSettings(conninfo: try await TestDatabase.shared().url)
        let destination = PostgresStoreDestination(settings, schema: schema, logger: .silent)
        do {
            let value = try await body(destination)
            await destination.close()
            return value
        } catch {
            await destination.close()
            throw error
        }
    }

    /// Copies; `passed` may end it. The error `unknown` ends it as a kill does: nothing is tidied up but what the server does by itself.
    @discardableResult
    func copy(_ passed: @escaping @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { _ in }) async throws -> StoreCopy.Outcome {
        let source = try await SQLiteStoreSource(path: path)
        do {
            let outcome = try await withDestination { try await StoreCopy(from: source, to: $0, move: move, passed: passed).run() }
            await source.close()
            return outcome
        } catch {
            await source.close()
            throw error
        }
    }

    func abandon() async throws -> StoreMove? {
        let source = try await SQLiteStoreSource(path: path)
        do {
            let move = try await withDestination { try await source.abandonMove(to: $0) }
            await source.close()
            return move
        } catch {
            await source.close()
            throw error
        }
    }

    func code(_ body: () async throws -> some Sendable) async -> StoreError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    /// Runs `body` with a grid of three tasks.
    static func withGrid(_ body: (Moved) async throws -> Void) async throws {
        try await withFolder { folder in
            let moved = Moved(path: folder + "/store.sqlite")
            let store = try await SQLiteTaskStore(path: moved.path)
            try await store.submit(.of(key: "k", [.text("a"), .text("b"), .text("c")]))
            await store.close()
            try await body(moved)
            try await sql(moved.schema, "DROP SCHEMA IF EXISTS \(Schema.quoted(moved.schema)) CASCADE")
        }
    }
}
