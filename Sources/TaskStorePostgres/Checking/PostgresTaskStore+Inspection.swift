package import Logging
package import Postgres
package import TaskStore

extension PostgresTaskStore {
    /// Compares a store's counters with its rows, and says how durable it is. It writes nothing, and a dispatcher may be at work meanwhile.
    ///
    /// - Parameters:
    ///   - settings: how to connect.
    ///   - schema: the PostgreSQL schema: the grid's prefix.
    ///   - logger: where the connection says what happens to it.
    /// - Throws: `StoreError`: `missing` where there is no store, `newerVersion`, `unavailable`, `failed`.
    package static func inspect(
        _ settings: PostgresSettings, schema: String, logger: Logger
    ) async throws(StoreError) -> StoreInspection {
        var settings = settings
        settings.parameters["default_transaction_read_only"] = "on"
        settings.parameters["search_path"] = Schema.quoted(schema)
        settings.parameters["jit"] = "off"
        let connection = PostgresConnection(settings, name: "store-check", logger: logger)
        do {
            try await connection.connect()
            // As each session of a dispatcher does.
            try await connection.run([SlotSQL.makeDurable()])
            let inspection = try await inspect(connection, schema: schema)
            await connection.close()
            return inspection
        } catch {
            await connection.close()
            throw StoreError(error, schema: schema)
        }
    }

    private static let snapshot = PostgresQuery.once("inspection", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    /// A block that is removed takes rows with it that the snapshot would still have. The removal waits for nobody: it is tried again
    /// later.
    private static let lock = PostgresQuery.once("lock_blocks", "LOCK TABLE task, ending, attempt IN ACCESS SHARE MODE")

    private static func inspect(_ connection: PostgresConnection, schema: String) async throws -> StoreInspection {
        let found = try await SchemaSetup.find(schema, on: connection)
        guard try found.first("has_record", Bool.self) == true else {
            throw StoreError(.missing, "there is no record of a grid in this schema; name another one with --prefix")
        }
        let versions = try await connection.run([SchemaSetup.version()])[0].values("version", Int32.self)
        if let finding = FixedRows.finding(grids: versions.count) { return StoreInspection(damaged: [finding]) }
        guard versions[0] <= Schema.version else {
            throw StoreError(.newerVersion, "a newer program has made its tables; use that program")
        }
        let statements = StoreTables.postgres.statements.map { PostgresQuery.once("inspect", $0)() }
        let first = [
            snapshot(), lock(), Durability.find(), FixedRows.find(SlotState.number), Partitions.findBlocks(), CatalogTable.find(),
            Catalog.findUser(schema),
        ]
        let answers = try await connection.transaction(first + statements, within: .seconds(24 * 3600))
        let fixed = try FixedRows(answers[3], schema: schema)
        guard fixed.hasSlot else { return StoreInspection(damaged: fixed.findings) }
        let tables = try CatalogTable.all(answers[5])
        let partitions = Partitions(
            blocks: try answers[4].values("number", Int64.self), tables: tables, lastTask: fixed.lastTask, schema: schema)
        let catalog = try Catalog(tables, user: answers[6], schema: schema)
        let findings =
            try Durability(answers[2]).findings(unlogged: catalog.unlogged) + fixed.findings + partitions.findings + catalog.findings
        guard !partitions.hasDetached else { return StoreInspection(damaged: findings) }
        return StoreInspection(try figures(answers.dropFirst(first.count)), findings)
    }

    private static func figures(_ answers: ArraySlice<PostgresRows>) throws -> StoreFigures {
        var figures = StoreFigures()
        for rows in answers {
            let (name, type) = (try rows.column("name", String.self), try rows.column("type", Int64.self))
            let (state, value) = (try rows.column("state", Int64.self), try rows.column("value", Int64.self))
            let text = try rows.column("text", String.self)
            for row in rows.indices {
                figures.add(
                    name: try name[row], type: try type[row], state: try state[row], value: try value[row], text: try text[ifPresent: row])
            }
        }
        return figures
    }
}
