package import Logging
package import Postgres
import TaskGridCore
package import TaskStore

/// An empty PostgreSQL schema, or none yet, that gets the record of a grid from another store.
package actor PostgresStoreDestination: StoreDestination {
    package nonisolated var maximumRangeLength: Int64 { Int64(OpenRange.maximumLength) }

    private let schema: String
    private let connection: PostgresConnection
    private var transaction: PostgresTransaction?

    /// A server may be silent for so long while it counts all rows, or writes them out.
    private static let patience = Duration.seconds(3600)

    /// - Parameters:
    ///   - settings: how to connect.
    ///   - schema: the PostgreSQL schema: the grid's prefix.
    ///   - logger: where the connection says what happens to it.
    package init(_ settings: PostgresSettings, schema: String, logger: Logger) {
        var settings = settings.ofStore(schema: schema)
        // Between two requests it waits for the disk of the other store.
        settings.parameters["idle_in_transaction_session_timeout"] = "10min"
        self.schema = schema
        connection = PostgresConnection(settings, name: "store-copy", logger: logger)
    }

    package func has(_ move: StoreMove) async throws(StoreError) -> Bool {
        try await explained {
            try Schema.check(name: schema)
            try await connect()
            let found = try await SchemaSetup.find(schema, on: connection)
            guard try found.first("has_tables", Bool.self) == true else { return false }
            guard try found.first("has_record", Bool.self) == true else {
                throw StoreError(
                    .badRequest, "the schema has tables of something else, and nothing was changed; choose another one with --prefix")
            }
            let origin = try await connection.run([MoveSQL.origin(Schema.version)])[0]
            guard let isKnown = try origin.first("is_known", Bool.self) else { throw StoreError.missingVersion }
            guard isKnown else { throw StoreError(.newerVersion, "a newer program has made its tables; use that program") }
            if try origin.column("origin", String.self)[ifPresent: 0] == move.id { return true }
            throw StoreError(
                .badRequest,
                "it has the record of a grid already, and nothing was changed; choose another schema with --prefix, or, if nobody needs "
                    + "that record, drop it: DROP SCHEMA \(Schema.quoted(schema)) CASCADE")
        }
    }

    package func exclude(_ move: StoreMove) async throws(StoreError) {
        do throws(StoreError) {
            // Making the tables waits for whoever is making them, and fails where that was committed.
            try await begin()
            await rollBack()
        } catch {
            await rollBack()
            throw StoreError(error.code, "\(error.message); a copy may still be under way there: wait for its end, and call this again")
        }
    }

    package func begin(_ move: StoreMove, _ contents: StoreContents) async throws(StoreError) {
        let lastTask = contents.slot.lastTask + StoreContents.skippedIDs
        let plan = BlockPlan(contents.blocks, lastTask: lastTask)
        let transaction = try await begin()
        try await explained {
            _ = try await transaction.run(
                plan.lowering + plan.blocks.flatMap { Block(number: $0).creation } + contents.insertion(move, lastTask: lastTask))
        }
    }

    /// Begins the transaction, with tables that have nothing.
    @discardableResult
    private func begin() async throws(StoreError) -> PostgresTransaction {
        try await explained {
            try await connect()
            let found = try await SchemaSetup.find(schema, on: connection)
            let begun = try await connection.begin()
            transaction = begun
            try await SchemaSetup(connection: connection, name: schema)
                .make(hasSchema: try found.first("has_schema", Bool.self) == true, blocks: [], begun)
            return begun
        }
    }

    package func write(_ page: StorePage) async throws(StoreError) {
        try await explained { _ = try await open.run([page.insertion], within: Self.patience) }
    }

    package func tally() async throws(StoreError) -> StoreTally {
        try await explained {
            let statements = StoreTally.queries + [StoreTally.counterQuery(StoreTables.postgresCounters)]
            let answers = try await open.run(
                MoveSQL.readAll + statements.map { PostgresQuery.once("tally", $0)() }, within: Self.patience)
            var tally = StoreTally()
            for rows in answers.dropFirst(MoveSQL.readAll.count) { try tally.add(rows) }
            return tally
        }
    }

    package func commit() async throws(StoreError) {
        try await explained {
            let open = try open
            transaction = nil
            do throws(PostgresError) {
                _ = try await open.commit(within: Self.patience)
            } catch {
                guard error.outcome == .unknown else { throw error }
                throw StoreError(
                    .unknown,
                    "nobody knows whether the copy was committed; call 'taskgrid store copy' again, which finds out (\(error.message))")
            }
        }
    }

    package func rollBack() async {
        await transaction?.rollBack()
        transaction = nil
    }

    package func close() async { await connection.close() }

    private func connect() async throws {
        guard !connection.isConnected else { return }
        try await connection.connect()
        _ = try await connection.run([SlotSQL.makeDurable()])
    }

    private var open: PostgresTransaction {
        get throws {
            guard let transaction else { throw StoreError(.badRequest, "no copy is under way") }
            return transaction
        }
    }

    private func explained<Value>(_ body: () async throws -> Value) async throws(StoreError) -> Value {
        do {
            return try await body()
        } catch {
            throw StoreError(error, schema: schema)
        }
    }
}

extension StoreTally {
    fileprivate mutating func add(_ rows: PostgresRows) throws {
        let (name, type) = (try rows.column("name", String.self), try rows.column("type", Int64.self))
        let (state, count) = (try rows.column("state", Int64.self), try rows.column("rows", Int64.self))
        let sum = try rows.column("total", Int64.self)
        for row in rows.indices {
            add(table: try name[row], type: try type[row], state: try state[row], rows: try count[row], sum: try sum[row])
        }
    }
}

extension StoreContents {
    /// The statements that write them. The epoch is a new one, and the highest id that was given `lastTask`.
    fileprivate func insertion(_ move: StoreMove, lastTask: Int64) throws -> [PostgresStatement] {
        // As a term that begins one elsewhere has it (`SlotSQL.beginTerm`).
        let epoch = max(slot.epoch + 1, Timestamp.now().rawValue)
        var statements = [
            MoveSQL.setOrigin(try slot.lastType.exact(Int32.self), move.id),
            MoveSQL.setSlot(
                SlotState.number, slot.identity, slot.secret, epoch, slot.term + 1, lastTask, slot.pruned, slot.prunedTo,
                slot.walked, slot.swept, slot.keys, slot.keysOfAll, slot.clock, slot.wall, slot.wallOffset),
        ]
        let numbers = try types.map { try $0.id.exact(Int32.self) }
        statements += [
            MoveSQL.insertTypes(numbers, types.map(\.name), types.map(\.paused)),
            MoveSQL.insertCounters(
                SlotState.number, numbers, types.map(\.submitted), types.map(\.succeeded), types.map(\.failed), types.map(\.cancelled),
                types.map(\.expired), types.map(\.kept)),
            CommitSQL.writeCursors(
                SlotState.number, try cursors.map { try $0.type.exact(Int32.self) }, try cursors.map { try $0.priority.exact(Int16.self) },
                cursors.map(\.id)),
            CommitSQL.writeBulkActions(
                SlotState.number, bulkActions.map { StoredText.stored($0.id) }, bulkActions.map(\.started), bulkActions.map(\.hasEnded),
                bulkActions.map(\.action)),
        ]
        return statements
    }
}
