import Dispatch
import Foundation
import GRDB
import ServiceSupport
import TaskGridCore

/// The rollups of the past in the monitor's own SQLite file, or in memory. All of it runs on the database's own threads.
///
/// Bounded: each length of step is kept for its time, and at each time at most so many types as the recorder tells.
struct HistoryStore: Sendable {
    /// Marks the file as one of ours: "tghi".
    private static let applicationID: Int32 = 0x7467_6869
    /// The type under which the rollups of all types together stand.
    private static let all = ""

    private let database: any DatabaseWriter
    private let lock: FileLock?
    /// The file and its log, as they were opened; none in memory.
    private let files: [FileIdentity]

    /// - Parameter path: the file, made where it is missing, for its owner alone; nil: in memory.
    /// - Throws: `MonitorError` where it cannot be used.
    static func open(_ path: String?) async throws(MonitorError) -> HistoryStore {
        // Opening may have to recover a log or to migrate: not on the cooperative pool.
        let opened: Result<HistoryStore, any Error> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: Result { try connect(path) }) }
        }
        do {
            return try opened.get()
        } catch is FileLock.HeldElsewhere {
            throw MonitorError(
                .history, "the history \(path ?? "") is another monitor's, which runs: name another file for this one (monitor.history)"
            )
        } catch {
            throw MonitorError(
                .history,
                "the history \(path ?? "in memory") cannot be opened (\(error)): move it away, or name another file (monitor.history)"
            )
        }
    }

    private static func connect(_ path: String?) throws -> HistoryStore {
        var configuration = Configuration()
        configuration.label = "taskgrid.history"
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 2
        guard let path else {
            let queue = try DatabaseQueue(configuration: configuration)
            try migrate(queue)
            return HistoryStore(database: queue, lock: nil, files: [])
        }
        try create(path)
        // Of two that write the same steps, neither would be right.
        let lock = try FileLock("\(path).lock")
        let pool = try DatabasePool(path: path, configuration: configuration)
        try migrate(pool)
        return HistoryStore(database: pool, lock: lock, files: [path, "\(path)-wal"].compactMap(FileIdentity.init))
    }

    /// Makes the file with its folder where they are not there: SQLite's own would be open to others.
    private static func create(_ path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        Foundation.close(descriptor)
    }

    private static func migrate(_ writer: some DatabaseWriter) throws {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    PRAGMA application_id = \(applicationID);
                    CREATE TABLE rollup (
                        step INTEGER NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL,
                        submitted INTEGER NOT NULL, succeeded INTEGER NOT NULL, failed INTEGER NOT NULL,
                        cancelled INTEGER NOT NULL, expired INTEGER NOT NULL,
                        waiting INTEGER NOT NULL, running INTEGER NOT NULL, workers INTEGER NOT NULL, times BLOB NOT NULL,
                        PRIMARY KEY (step, type, at)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX rollup_age ON rollup (step, at);
                    """
            )
        }
        migrator.registerMigration("2") { database in
            // Of what was written before, nobody knows; it counts as whole.
            try database.execute(
                sql: "ALTER TABLE rollup ADD COLUMN covered INTEGER NOT NULL DEFAULT 0; UPDATE rollup SET covered = step / 10"
            )
        }
        try writer.writeWithoutTransaction { [migrator] database in
            let isEmpty = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
            guard try isEmpty || Int32.fetchOne(database, sql: "PRAGMA application_id") == applicationID else {
                throw DatabaseError(resultCode: .SQLITE_NOTADB, message: "it is a database, but no history of a monitor")
            }
            guard try !migrator.hasBeenSuperseded(database) else {
                throw DatabaseError(resultCode: .SQLITE_SCHEMA, message: "it was written by a newer version")
            }
        }
        try migrator.migrate(writer)
    }

    // MARK: Writing

    /// Adds a step of ten seconds, and to the longer steps that it lies in.
    func add(_ entry: HistoryRecorder.Entry) async throws {
        try await database.write { database in
            for file in files {
                guard let loss = file.loss else { continue }
                throw MonitorError(
                    .history,
                    "its file \(file.path) \(loss) while it was open; put it back, or restart the monitor to go on with what is there"
                )
            }
            // Ten seconds in which a monitor ended and another began are covered once.
            let isKnown = try Self.rollup(RollupKey(step: .tenSeconds, type: Self.all, at: entry.at), in: database) != nil
            for step in HistoryStep.allCases {
                let at = step.start(entry.at)
                for (type, rollup) in [(Self.all, entry.all)] + entry.types.map({ ($0.name, $1) }) {
                    try Self.add(rollup, to: RollupKey(step: step, type: type, at: at), covering: isKnown ? 0 : 1, in: database)
                }
            }
        }
    }

    /// The primary key of a row of `rollup`.
    private struct RollupKey {
        let step: HistoryStep
        let type: String
        let at: Timestamp
    }

    private static func rollup(_ key: RollupKey, in database: Database) throws -> Rollup? {
        let select = try database.cachedStatement(sql: "SELECT * FROM rollup WHERE step = ? AND type = ? AND at = ?")
        return try Row.fetchOne(select, arguments: [key.step.rawValue, key.type, key.at.rawValue]).map(Rollup.init)
    }

    private static func add(_ rollup: Rollup, to key: RollupKey, covering: Int, in database: Database) throws {
        var sum = try Self.rollup(key, in: database) ?? Rollup()
        sum.add(rollup)
        let insert = try database.cachedStatement(sql: "INSERT OR REPLACE INTO rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        let happened = sum.happened
        try insert.execute(
            arguments: [
                key.step.rawValue, key.type, key.at.rawValue, happened.submitted, happened.succeeded, happened.failed,
                happened.cancelled, happened.expired, sum.waiting, sum.running, sum.workers, sum.times.data,
                sum.covered.saturatingAdding(covering),
            ]
        )
    }

    /// Forgets what is older than it is kept, at most `limit` rollups of each step at a time.
    func prune(at now: Timestamp, limit: Int = 10_000) async throws {
        try await database.write { database in
            for step in HistoryStep.allCases {
                let end = now + (.zero - step.keep)
                try database.execute(
                    sql: """
                        DELETE FROM rollup WHERE (step, type, at) IN
                            (SELECT step, type, at FROM rollup WHERE step = ? AND at < ? ORDER BY at LIMIT ?)
                        """,
                    arguments: [step.rawValue, end.rawValue, limit]
                )
            }
        }
    }

    // MARK: Reading

    /// The rollups of a type, or of all, by the beginning of their steps. If the monitor ran and had nothing to tell of the
    /// type it is an idle one; where it did not run there is none.
    func rollups(of type: TaskType?, _ step: HistoryStep, in range: ClosedRange<Timestamp>) async throws -> [Timestamp: Rollup] {
        try await database.read { database in
            let bounds: [any DatabaseValueConvertible] = [range.lowerBound.rawValue, range.upperBound.rawValue]
            var rollups: [Timestamp: Rollup] = [:]
            if type != nil {
                let times = try Row.fetchCursor(
                    database, sql: "SELECT at, covered FROM rollup WHERE step = ? AND type = ? AND at BETWEEN ? AND ?",
                    arguments: StatementArguments([step.rawValue, Self.all] + bounds)
                )
                while let row = try times.next() { rollups[Timestamp(rawValue: row["at"])] = Rollup(covered: row["covered"]) }
            }
            let rows = try Row.fetchCursor(
                database, sql: "SELECT * FROM rollup WHERE step = ? AND type = ? AND at BETWEEN ? AND ?",
                arguments: StatementArguments([step.rawValue, type?.name ?? Self.all] + bounds)
            )
            while let row = try rows.next() {
                let at = Timestamp(rawValue: row["at"])
                var rollup = Rollup(row)
                // A type that had nothing to tell at times has ten seconds less, in which the monitor ran all the same.
                rollup.covered = max(rollup.covered, rollups[at]?.covered ?? 0)
                rollups[at] = rollup
            }
            return rollups
        }
    }

    /// How many rollups are kept.
    func count() async throws -> Int {
        try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM rollup") ?? 0 }
    }

    func close() throws {
        defer { lock?.release() }
        try database.close()
    }
}

extension Rollup {
    fileprivate init(_ row: Row) {
        happened.submitted = row["submitted"]
        happened.succeeded = row["succeeded"]
        happened.failed = row["failed"]
        happened.cancelled = row["cancelled"]
        happened.expired = row["expired"]
        waiting = row["waiting"]
        running = row["running"]
        workers = row["workers"]
        times = TimeCounts(data: row["times"])
        covered = row["covered"]
    }
}
