import Foundation
package import Logging
package import Postgres
import ServiceSupport
import Synchronization
package import TaskGridCore
package import TaskStore

/// A task store in one schema of a PostgreSQL database, which may be on another machine.
///
/// One connection writes, others read snapshots beside it, and one renews the lease (``lease``). A commit is one transaction, whose first
/// statement is the fence: the row of `slot` with the term and the turn that this store knows. Open tasks are kept in memory beside the
/// rows (``OpenState``), and believed while the turn is the one that was read.
///
/// **Retention.** ``prune(_:limit:)`` takes rows one by one: tasks at a bounded pace, and keys at such a pace or, if that is more, as
/// fast as new ones come. Of a store that gets more tasks than that, whole blocks of 2^20 ids go at once, as soon as all of their tasks
/// have been given and nothing but a few of them is kept: until then up to 2^20 tasks more than `Retention.keeping` are there, and tasks
/// may be older than `Retention.before` by the time in which a block is filled.
///
/// **Durability** is the server's: a commit is as durable as its `synchronous_commit` and its standbys make it. Only synchronous
/// replication keeps an accepted task when the server's machine is lost.
package final class PostgresTaskStore: TaskStore {
    package let identity: String
    /// The PostgreSQL schema.
    package let schema: String
    let writer: Writer
    let readers: Readers
    private let leasing: PostgresLease
    private let gate = Gate()
    private let key: Mutex<ProofKey>
    private let secret: Data

    package var proofKey: ProofKey { key.withLock { $0 } }
    package var lease: (any StoreLease)? { leasing }

    /// Opens the store, or makes it: the schema and its tables, which needs the right CREATE on the database, or on an empty schema that is
    /// there.
    ///
    /// - Parameters:
    ///   - settings: how to connect.
    ///   - schema: the PostgreSQL schema: the grid's prefix.
    ///   - logger: where the connections say what happens to them.
    /// - Throws: `StoreError`: `newerVersion`, `readOnly`, `missing`, `diskFull`, `failed`.
    package init(_ settings: PostgresSettings, schema: String, logger: Logger) async throws(StoreError) {
        let settings = settings.ofStore(schema: schema)
        let connection = PostgresConnection(settings, name: "store-writer", logger: logger)
        let writer = Writer(connection, logger: logger)
        do {
            try await writer.connect()
            try await SchemaSetup(connection: connection, name: schema).run()
            try await Durability.warn(connection, logger)
            let rows = try await connection.run([SlotSQL.find(SlotState.number)])[0]
            guard let identity = try rows.first("identity", String.self), let epoch = try rows.first("epoch", Int64.self) else {
                throw StoreError(.corrupt, "the slot table has no row of slot \(SlotState.number)")
            }
            self.identity = identity
            let secret = try rows.column("secret", Data.self)[0]
            guard !identity.isEmpty, secret.count >= ProofKey.secretSize else {
                throw StoreError(
                    .corrupt, "its identity or its secret is missing, and others could make proofs of work: see 'taskgrid store check'")
            }
            key = Mutex(ProofKey(secret: secret, store: identity, epoch: epoch))
            self.secret = secret
        } catch {
            await writer.close()
            throw StoreError(error, schema: schema)
        }
        self.schema = schema
        self.writer = writer
        readers = Readers(settings, logger: logger)
        leasing = PostgresLease(settings, schema: schema, logger: logger)
    }

    package func beginTerm() async throws(StoreError) -> Term {
        let (term, epoch) = try await call { [writer] in try await writer.beginTerm() }
        let began = ProofKey(secret: secret, store: identity, epoch: epoch)
        key.withLock { $0 = began }
        return term
    }

    package func commit(_ changes: StoreChanges, mayBlock: Bool) async throws(StoreError) -> StoreReceipt {
        guard !changes.isEmpty else { return StoreReceipt() }
        return try await call { [writer] in try await writer.commit(changes) }
    }

    package func close() async {
        guard await gate.close() else { return }
        await writer.close()
        await readers.close()
        await leasing.close()
    }

    /// Runs a call to its end, also where the calling task is cancelled: nobody would know whether a commit was made.
    func call<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws(StoreError) -> Value {
        guard gate.enter() else { throw .closed(schema: schema) }
        defer { gate.leave() }
        // Unstructured, so that the cancellation of the calling task does not reach it; it is awaited here.
        let result = await Task { try await body() }.result
        do {
            return try result.get()
        } catch {
            throw StoreError(error, schema: schema)
        }
    }
}
