import Dispatch
import GRDB
import ServiceSupport
import Synchronization
package import TaskGridCore
package import TaskStore

/// A task store in one SQLite file, embedded in its process.
///
/// One connection writes, in write-ahead-log mode with `synchronous = FULL`: each commit is one fsync of the log. Others read
/// snapshots beside it, so queries do not hold commits up. All of it runs on the database's own threads.
///
/// Two processes may have the file open, as when a dispatcher stands by for another: nothing read in one transaction is relied
/// on in the next.
package final class SQLiteTaskStore: TaskStore {
    package let identity: String
    package let proofKey: ProofKey
    /// The file; `:memory:` where there is none.
    package let path: String
    let database: any DatabaseWriter
    private let gate = Gate()
    private let pace = WriterPace()
    /// The file and its log, as they were opened; none for a store in memory.
    private let files: [FileIdentity]
    /// One of them was not in its place at the latest ``check()``.
    private let isMissing = Atomic(false)

    /// Opens the file, or makes it: its folder too, and readable by its owner alone.
    ///
    /// A call waits for `busyTimeout` at most while another process writes to the file.
    ///
    /// - Throws: `StoreError`: `readOnly`, `corrupt` for a file that is no store, `newerVersion`, `moved`, `locked`, `diskFull`,
    ///   `failed`.
    package convenience init(path: String, busyTimeout: Duration = .seconds(3)) async throws(StoreError) {
        try await self.init(path: path) { try StoreFile.open(path, busyTimeout: busyTimeout) }
    }

    /// A store without a file, gone when it is released: for tests.
    package static func inMemory() async throws(StoreError) -> SQLiteTaskStore {
        try await SQLiteTaskStore(path: ":memory:") { try StoreFile.inMemory() }
    }

    private init(path: String, open: @escaping @Sendable () throws -> any DatabaseWriter) async throws(StoreError) {
        // Opening may have to recover a log or to migrate: not on the cooperative pool.
        let opened: Result<(any DatabaseWriter, String, ProofKey), StoreError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result {
                        let database = try open()
                        if let move = try database.read(MoveMark.find) { throw StoreError(.moved, move.explanation) }
                        let row = try database.read { try Row.fetchOne($0, sql: "SELECT identity, secret, epoch FROM store") }
                        guard let row else { throw StoreError(.corrupt, "the store table is empty") }
                        let identity: String = row["identity"]
                        return (database, identity, ProofKey(secret: row["secret"], store: identity, epoch: row["epoch"]))
                    }.mapError { StoreError($0, path: path) }
                )
            }
        }
        (database, identity, proofKey) = try opened.get()
        self.path = path
        files = [path, "\(path)-wal"].compactMap(FileIdentity.init)
    }

    package func beginTerm() async throws(StoreError) -> Term {
        try await write { database in
            guard let term = try Int64.fetchOne(database, sql: "UPDATE store SET term = term + 1 RETURNING term") else {
                throw StoreError(.corrupt, "the store table is empty")
            }
            return Term(term)
        }
    }

    package func commit(_ changes: StoreChanges, mayBlock: Bool) async throws(StoreError) -> StoreReceipt {
        guard !changes.isEmpty else { return StoreReceipt() }
        return try await write(mayBlock: mayBlock) { database in
            var commit = try Commit(database)
            return try commit.apply(changes)
        }
    }

    package func check() async throws(StoreError) {
        try await read { [self] _ in
            let missing = missing()
            isMissing.store(missing != nil, ordering: .relaxed)
            if let missing { throw missing }
        }
    }

    /// Writes to a file without a name would be accepted and lost, so the store refuses them; and those to a file that was moved, once a
    /// ``check()`` has found that.
    private func checkFiles() throws {
        guard isMissing.load(ordering: .relaxed) || files.contains(where: \.isNameless) else { return }
        if let missing = missing() { throw missing }
    }

    private func missing() -> StoreError? {
        for file in files {
            guard let loss = file.loss else { continue }
            return StoreError(
                .missing,
                "its file \(file.name) \(loss) while it was open; put it back, or restart the dispatcher to go on with what is there"
            )
        }
        return nil
    }

    package func types() async throws(StoreError) -> [TaskType] {
        try await read { try TypeTable.all($0) }
    }

    package func counts(of types: Set<TaskType>?) async throws(StoreError) -> [TaskType: TaskCounts] {
        try await read { try Counting($0).counts(of: types) }
    }

    package func countsOfForgotten() async throws(StoreError) -> TaskCounts {
        try await read { try Counting($0).countsOfForgotten() }
    }

    package func handedOut(after: HandedOutPosition?, limit: Int) async throws(StoreError) -> HandedOutPage {
        try await read { try OpenTasks($0).handedOut(after: after, limit: limit) }
    }

    package func nextDue(of types: Set<TaskType>?) async throws(StoreError) -> [TaskType: Timestamp] {
        try await read { try OpenTasks($0).nextDue(types) }
    }

    package func oldestWaiting(of types: [TaskType], at now: Timestamp) async throws(StoreError) -> [TaskType: OldestTask] {
        try await read { try OpenTasks($0).oldestWaiting(of: types, at: now) }
    }

    package func bulkActions() async throws(StoreError) -> [BulkAction] {
        try await read { try BulkActionRows.all($0) }
    }

    package func expired(at time: Timestamp, limit: Int) async throws(StoreError) -> [OpenTask] {
        try await read { try OpenTasks($0).expired(at: time, limit: limit) }
    }

    package func task(_ id: TaskID, content: ContentLimit) async throws(StoreError) -> TaskRecord? {
        try await read { database in
            guard var record = try Records(database, content).records([id.rawValue]).elements.first else { return nil }
            record.attempts = try AttemptHistory.attempts(of: record, database)
            return record
        }
    }

    package func pauses() async throws(StoreError) -> [TaskType: Pause] {
        try await read { try Pause.all($0) }
    }

    package func tasks(_ ids: [TaskID], content: ContentLimit) async throws(StoreError) -> TaskPage<TaskRecord> {
        try await read { try Records($0, content).records(ids.map(\.rawValue)) }
    }

    package func tasks(
        _ filter: TaskFilter, before: TaskID?, limit: Int, content: ContentLimit
    ) async throws(StoreError) -> TaskPage<TaskRecord> {
        try await read { database in
            try Records(database, content).records(Search(database: database, filter: filter, before: before, limit: limit))
        }
    }

    package func content(
        _ part: ContentQuery.Part, of id: TaskID, from: Int, limit: Int
    ) async throws(StoreError) -> ContentQuery.Answer? {
        try await read { try Records.content(part, of: id, from: from, limit: limit, $0) }
    }

    package func ids(_ filter: TaskFilter, before: TaskID?, limit: Int) async throws(StoreError) -> TaskPage<TaskID> {
        try await read { try Search(database: $0, filter: filter, before: before, limit: limit).run() }
    }

    package func states(_ ids: [TaskID]) async throws(StoreError) -> [StoredState] {
        try await read { try TaskStates.states(ids, $0) }
    }

    package func open(_ ids: [TaskID]) async throws(StoreError) -> [OpenTask] {
        try await read { try OpenTasks($0).tasks(ids) }
    }

    package func prune(_ retention: Retention, limit: Int) async throws(StoreError) -> Pruned {
        try await write { try PruningStep(database: $0, retention: retention, limit: limit).run() }
    }

    package func clock() async throws(StoreError) -> StoreClockReading? {
        try await read { try WallClockAlignment.clock($0) }
    }

    package func align(_ wallOffset: Duration, after: TaskID?, limit: Int) async throws(StoreError) -> TaskID? {
        try await write { try WallClockAlignment(database: $0, wallOffset: wallOffset).run(after: after, limit: limit) }
    }

    package func alignedOffset() async throws(StoreError) -> Duration {
        try await read { try WallClockAlignment.offset($0) }
    }

    package func close() async {
        guard await gate.close() else { return }
        await database.checkpointAndClose()
    }

    // MARK: Access

    /// Runs in a write transaction, which is rolled back where the body throws.
    private func write<Value: Sendable>(
        mayBlock: Bool = false, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        guard gate.enter() else { throw .closed(path: path) }
        defer { gate.leave() }
        let start = ContinuousClock.now
        let isOnThisThread = pace.begin(mayBlock: mayBlock, at: start)
        defer {
            let end = ContinuousClock.now
            pace.end(after: start.duration(to: end), at: end)
        }
        if isOnThisThread {
            return try unwrapped(Result { try database.writeWithoutTransaction { try transaction($0, body) } })
        }
        // Callbacks rather than GRDB's async functions: those are interrupted when the calling task is cancelled, and then
        // nobody knows whether the commit happened.
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            database.asyncWriteWithoutTransaction { [self] database in
                continuation.resume(returning: Result { try transaction(database, body) })
            }
        }
        return try unwrapped(result)
    }

    private func transaction<Value>(_ database: Database, _ body: (Database) throws -> Value) throws -> Value {
        try checkFiles()
        return try database.transaction(body)
    }

    /// Runs on a snapshot.
    private func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        guard gate.enter() else { throw .closed(path: path) }
        defer { gate.leave() }
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            database.asyncRead { database in
                continuation.resume(returning: Result { try body(try database.get()) })
            }
        }
        return try unwrapped(result)
    }

    private func unwrapped<Value>(_ result: Result<Value, any Error>) throws(StoreError) -> Value {
        do {
            return try result.get()
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
