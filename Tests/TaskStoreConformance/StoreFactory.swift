import Foundation
import LocalGrid
import Logging
import Postgres
package import TaskStore
import TaskStorePostgres
import TaskStoreSQLite
import TestSupport
import Testing

/// A kind of store that the conformance tests run over. A further one is one line in ``all``, and a property that makes it.
package struct StoreFactory: Sendable, CustomTestStringConvertible {
    package typealias Body = (any TaskStore) async throws -> Void

    /// Those of PostgreSQL run where it is installed. Without it they are skipped on a laptop, and fail in CI.
    package static let all: [StoreFactory] =
        [.sqliteFile, .sqliteInMemory, .model] + (TestDatabase.isThereOrRequired ? [.postgres] : [])

    package let testDescription: String
    private let make: @Sendable (Body) async throws -> Void

    /// - Parameter make: Makes a new, empty store, runs the body with it and closes it.
    package init(_ name: String, _ make: @escaping @Sendable (Body) async throws -> Void) {
        testDescription = name
        self.make = make
    }

    /// Runs the body with a new, empty store.
    package func withStore(_ body: Body) async throws {
        try await make(body)
    }
}

extension StoreFactory {
    package static let sqliteFile = StoreFactory("SQLite in a file") { body in
        try await withFolder { folder in
            let store = try await SQLiteTaskStore(path: folder + "/store.db")
            try await body(store)
            await store.close()
        }
    }

    package static let sqliteInMemory = StoreFactory("SQLite in memory") { body in
        let store = try await SQLiteTaskStore.inMemory()
        try await body(store)
        await store.close()
    }

    /// In a schema of its own, of the one server that the run starts.
    package static let postgres = StoreFactory("PostgreSQL") { body in
        let settings = PostgresSettings(conninfo: try await TestDatabase.shared().url)
        let schema = "case-\(UUID().uuidString.lowercased())"
        let store = try await PostgresTaskStore(settings, schema: schema, logger: .silent)
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
        let connection = PostgresConnection(settings, name: "test", logger: .silent)
        try await connection.connect()
        _ = try await connection.run([PostgresQuery.once("drop", "DROP SCHEMA \"\(schema)\" CASCADE")()])
        await connection.close()
    }

    package static let model = StoreFactory("model") { body in
        let store = ModelTaskStore()
        try await body(store)
        await store.close()
    }
}

/// Runs the body with a new folder, which is gone afterwards.
package func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "taskgrid-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path(percentEncoded: false))
}
