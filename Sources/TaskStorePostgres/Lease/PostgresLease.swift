import Logging
import Postgres
import ServiceSupport
import TaskGridCore
import TaskStore

/// The lease of the store's slot, over a connection of its own: a renewal waits for no commit and no read. It connects with the first call.
actor PostgresLease: StoreLease {
    private let connection: PostgresConnection
    private let schema: String
    private let logger: Logger
    private var turnstile = Turnstile()

    /// The longest silence of the server: a renewal that takes longer comes too late.
    private static let answerTimeout = LeaseTiming.duration
    private static let connectTimeout = Duration.seconds(3)

    init(_ settings: PostgresSettings, schema: String, logger: Logger) {
        var settings = settings
        settings.answerTimeout = Self.answerTimeout
        settings.connectTimeout = Self.connectTimeout
        // Neither the disk nor a standby is waited for: a lease that is lost is taken again.
        settings.parameters["synchronous_commit"] = "off"
        settings.parameters["lock_timeout"] = "1s"
        connection = PostgresConnection(settings, name: "store-lease", logger: logger)
        self.schema = schema
        self.logger = logger
    }

    func take(for holder: String, hint: Bool) async throws(StoreError) -> LeaseAnswer {
        let doubt = hint ? LeaseTiming.doubt : LeaseTiming.duration
        let statement = LeaseSQL.take(SlotState.number, holder, LeaseTiming.duration.milliseconds, doubt.milliseconds)
        return try answer(try await ask(statement), to: holder)
    }

    func renew(for holder: String) async throws(StoreError) -> LeaseAnswer {
        try answer(try await ask(LeaseSQL.renew(SlotState.number, holder, LeaseTiming.duration.milliseconds)), to: holder)
    }

    func release(by holder: String) async throws(StoreError) {
        _ = try await run(LeaseSQL.release(SlotState.number, holder))
    }

    func close() async { await connection.close() }

    /// Runs a statement that answers with the row, which it makes again where there is none.
    private func ask(_ statement: PostgresStatement) async throws(StoreError) -> PostgresRows {
        let rows = try await run(statement)
        guard rows.isEmpty else { return rows }
        logger.warning("row of the lease was missing, making it again", metadata: [LogKey.storeSchema: "\(schema)"])
        _ = try await run(LeaseSQL.mend(SlotState.number))
        return try await run(statement)
    }

    /// Runs one statement after another; connects where there is no connection.
    private func run(_ statement: PostgresStatement) async throws(StoreError) -> PostgresRows {
        if !turnstile.enter() { await withCheckedContinuation { turnstile.wait($0) } }
        defer { turnstile.leave()?.resume() }
        do {
            if !connection.isConnected { try await connection.connect() }
            return try await connection.run([statement])[0]
        } catch {
            throw StoreError(error, schema: schema)
        }
    }

    private func answer(_ rows: PostgresRows, to caller: String) throws(StoreError) -> LeaseAnswer {
        do {
            guard let isGranted = try rows.first("is_granted", Bool.self) else {
                throw StoreError(.corrupt, "the lease table has no row of slot \(SlotState.number)")
            }
            let name = try rows.column("holder", String.self)[ifPresent: 0]
            let silence = try rows.column("silence", Int64.self)[ifPresent: 0] ?? 0
            let holder = name.map { LeaseHolder(name: $0, silence: max(.zero, .milliseconds(silence))) }
            return isGranted ? .granted(former: name == caller ? nil : holder) : .refused(holder: holder)
        } catch {
            throw StoreError(error, schema: schema)
        }
    }
}
