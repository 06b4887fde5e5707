import Foundation
import Postgres
import TaskGridCore
import TaskStore

/// Brings a PostgreSQL schema to the version of this program, when a store is opened.
struct SchemaSetup {
    let connection: PostgresConnection
    /// The name of the PostgreSQL schema.
    let name: String

    private static let findTables = PostgresQuery.once(
        "find_tables",
        """
        SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1) AS has_schema,
            (SELECT has_schema_privilege(oid, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = $1) AS has_usage,
            EXISTS (
                SELECT FROM pg_catalog.pg_class WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1)
            ) AS has_tables,
            EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'grid') AS has_record,
            current_setting('server_encoding') AS encoding
        """)

    /// Finds whether there is a schema, whether it has any tables, and whether those are a store's.
    ///
    /// - Throws: `StoreError` for a schema that this user may not use, and for a database that cannot keep every text: one error text of a
    ///   worker would stop the grid.
    static func find(_ name: String, on connection: PostgresConnection) async throws -> PostgresRows {
        let found = try await connection.run([findTables(name)])[0]
        let encoding = try found.first("encoding", String.self) ?? ""
        guard encoding == "UTF8" else {
            throw StoreError(
                .badRequest,
                "the database has the encoding \(encoding), and a store needs UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0")
        }
        guard try found.column("has_usage", Bool.self)[ifPresent: 0] != false else { throw Schema.withoutUsage(name) }
        return found
    }

    static let version = PostgresQuery.once("find_version", "SELECT version FROM grid")
    private static let lockVersion = PostgresQuery.once("lock_version", "SELECT version FROM grid FOR UPDATE")
    private static let lockSlots = PostgresQuery.once("lock_slots", "SELECT slot FROM slot ORDER BY slot FOR UPDATE")
    private static let setVersion = PostgresQuery.once("set_version", "UPDATE grid SET version = $1")
    private static let makeSlot = PostgresQuery.once("make_slot", "INSERT INTO slot (slot, identity, secret) VALUES ($1, $2, $3)")
    private static let makeLease = PostgresQuery.once("make_lease", "INSERT INTO lease (slot) VALUES ($1)")

    /// Two processes that open a new store at once both make its tables, and one of them finds those of the other.
    private static let isThere: Set<String> = ["42P06", "42P07", "23505", "55P03"]

    private static let attempts = 10

    func run() async throws {
        try Schema.check(name: name)
        // Each attempt waits for the other process's transaction, which may be rolled back.
        for attempt in 1...Self.attempts {
            do {
                return try await runOnce()
            } catch let error as PostgresError {
                guard let state = error.sqlState, Self.isThere.contains(state) else { throw error }
                guard attempt == Self.attempts else { continue }
                guard state == "42P07" else { throw error }
                throw StoreError(
                    .corrupt,
                    "the schema has tables of these names, and none of the name `grid`, which has their version: restore a backup, or give "
                        + "the grid another prefix (\(error.message))")
            }
        }
    }

    private func runOnce() async throws {
        let found = try await Self.find(name, on: connection)
        let hasTables = try found.first("has_record", Bool.self) ?? false
        let hasSchema = try found.first("has_schema", Bool.self) ?? false
        let known = hasTables ? try await connection.run([Self.version()])[0].first("version", Int32.self) : 0
        guard let known else { throw StoreError.missingVersion }
        try check(known)
        guard !hasTables || known < Schema.version else { return }
        let transaction = try await connection.begin()
        do {
            if !hasTables {
                try await make(hasSchema: hasSchema, blocks: [0, 1], transaction)
            } else {
                // The dispatcher that is at work finishes its turn, and the next one finds the new version.
                let version = try await transaction.run([Self.lockVersion(), Self.lockSlots()])[0].first("version", Int32.self) ?? 0
                // Another process may have migrated meanwhile.
                try check(version)
                try await migrate(from: version, transaction)
            }
            try await transaction.commit()
        } catch {
            await transaction.rollBack()
            throw error
        }
    }

    private func check(_ version: Int32) throws {
        guard version <= Schema.version else {
            throw StoreError(
                .newerVersion,
                "its tables are of version \(version), which a newer program has made, and this one knows \(Schema.version): "
                    + "use that program, or give the grid another prefix")
        }
    }

    /// Makes all tables, and a slot that has given no id yet.
    func make(hasSchema: Bool, blocks: [Int64], _ transaction: PostgresTransaction) async throws {
        if !hasSchema { try await run(["CREATE SCHEMA \(Schema.quoted(name))"], "make the schema", transaction) }
        try await migrate(from: 0, transaction)
        _ = try await transaction.run(
            [
                Self.makeSlot(SlotState.number, UUID().uuidString.lowercased(), ProofKey.randomSecret()), Self.makeLease(SlotState.number),
            ] + blocks.flatMap { Block(number: $0).creation })
    }

    private func migrate(from version: Int32, _ transaction: PostgresTransaction) async throws {
        for number in Int(version)..<Schema.migrations.count {
            try await run(Schema.migrations[number], "migration \(number + 1)", transaction)
        }
        _ = try await transaction.run([Self.setVersion(Schema.version)])
    }

    private func run(_ statements: [String], _ name: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.run(statements.map { PostgresQuery.once(name, $0)() })
    }
}

extension StoreError {
    /// The tables are there, and nothing says whose they are.
    static let missingVersion = StoreError(
        .corrupt, "the table `grid` has no row, which has the version of the tables and the highest number of a type: restore a backup")
}
