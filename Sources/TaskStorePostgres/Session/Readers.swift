import DequeModule
import Logging
import Postgres

/// The connections that read, beside the one that writes. Each call takes one, and waits where all are taken.
actor Readers {
    /// How many there are.
    private static let count = 2

    private let connections: [PostgresConnection]
    private var free: [PostgresConnection]
    private var waiting: Deque<CheckedContinuation<PostgresConnection, Never>> = []

    init(_ settings: PostgresSettings, logger: Logger) {
        var settings = settings
        settings.parameters["default_transaction_read_only"] = "on"
        connections = (1...Self.count).map { PostgresConnection(settings, name: "store-reader-\($0)", logger: logger) }
        free = connections
    }

    /// Begins a snapshot. The snapshot is that of the first statement after these: one that was taken before the tables are locked would
    /// miss the tasks that the removal of a block moves while it holds them. The partitions need no lock: the removal locks the tables.
    private static let snapshot = [
        PostgresQuery("read_snapshot", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")(),
        PostgresQuery("read_lock", "LOCK TABLE ONLY task, ONLY ending, ONLY attempt IN ACCESS SHARE MODE")(),
    ]

    /// Runs statements on one snapshot, as one pipeline.
    func run(_ statements: [PostgresStatement]) async throws -> [PostgresRows] {
        let connection = await take()
        defer { give(connection) }
        if !connection.isConnected { try await connection.connect() }
        if statements.count == 1 { return try await connection.run(statements) }
        return Array(try await connection.transaction(Self.snapshot + statements).dropFirst(Self.snapshot.count))
    }

    /// Runs a body with one snapshot.
    nonisolated func withSnapshot<Value>(_ body: (PostgresTransaction) async throws -> Value) async throws -> Value {
        let connection = await take()
        do {
            if !connection.isConnected { try await connection.connect() }
            let transaction = try await connection.begin(Self.snapshot)
            do {
                let value = try await body(transaction)
                await transaction.rollBack()
                await give(connection)
                return value
            } catch {
                await transaction.rollBack()
                throw error
            }
        } catch {
            await give(connection)
            throw error
        }
    }

    /// Runs statements that change no task as one transaction.
    func prepare(_ statements: [PostgresStatement]) async throws {
        let connection = await take()
        defer { give(connection) }
        if !connection.isConnected { try await connection.connect() }
        _ = try await connection.transaction([Self.readWrite()] + statements)
    }

    private static let readWrite = PostgresQuery("read_write", "SET TRANSACTION READ WRITE")

    private func take() async -> PostgresConnection {
        if let connection = free.popLast() { return connection }
        return await withCheckedContinuation { waiting.append($0) }
    }

    private func give(_ connection: PostgresConnection) {
        if let next = waiting.popFirst() { next.resume(returning: connection) } else { free.append(connection) }
    }

    func close() async {
        for connection in connections { await connection.close() }
    }
}
