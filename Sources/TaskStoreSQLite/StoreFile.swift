import Dispatch
import Foundation
import GRDB
import TaskGridCore
import TaskStore

/// The file of a store: how it is made, opened and checked.
enum StoreFile {
    /// Opens the file, or makes it with its folder; blocks while it does.
    ///
    /// - Returns: The database, writable, with the newest schema.
    static func open(_ path: String, busyTimeout: Duration) throws -> DatabasePool {
        try create(path)
        var configuration = Configuration()
        configuration.label = "taskgrid.store"
        configuration.busyMode = .timeout(busyTimeout.seconds)
        // Two for the turns, and one for each of the four loops that answer queries.
        configuration.maximumReaderCount = 6
        configuration.prepareDatabase(prepare)
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { database in
            // Opening in WAL mode has set NORMAL, which may lose the last commits when the machine dies.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2 else {
                throw StoreError(.failed, "SQLite refuses synchronous = FULL, without which a commit is not durable")
            }
        }
        try migrate(pool)
        return pool
    }

    /// A store in memory alone, for tests.
    static func inMemory() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "taskgrid.store"
        configuration.prepareDatabase(prepare)
        let queue = try DatabaseQueue(configuration: configuration)
        try migrate(queue)
        return queue
    }

    /// Every connection's settings.
    @Sendable private static func prepare(_ database: Database) throws {
        // Readers keep 4 MiB of pages each, because they seldom look at the same ones twice; the writer keeps 32 MiB, where the tasks
        // under way fit.
        guard !database.configuration.readonly else { return try database.execute(sql: "PRAGMA cache_size = -4096") }
        // Payloads that were deleted need not be overwritten with zeros, which some builds of SQLite do: the file is its owner's
        // alone.
        try database.execute(sql: "PRAGMA cache_size = -32768; PRAGMA secure_delete = OFF")
        // A checkpoint each 16 MiB writes the pages that all commits touch a quarter as often as the default does. After a long
        // reader, the log is cut back. `fullfsync` is macOS's only real fsync, and nothing elsewhere.
        try database.execute(
            sql: "PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 67108864; PRAGMA fullfsync = ON"
        )
    }

    private static func migrate(_ writer: some DatabaseWriter) throws {
        let migrator = Schema.migrator
        try writer.writeWithoutTransaction { database in
            let isEmpty = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
            let isOurs = try Int32.fetchOne(database, sql: "PRAGMA application_id") == Schema.applicationID
            guard isEmpty || isOurs else {
                throw StoreError(.corrupt, "it is a database, but no task store; name another file")
            }
            guard try !migrator.hasBeenSuperseded(database) else {
                throw StoreError(
                    .newerVersion, "it was written by a newer version, which alone can read it; use that version or name another file"
                )
            }
        }
        try migrator.migrate(writer)
    }

    /// Makes the folder (mode 0700) and the file (mode 0600) where they are not there: SQLite's own would be open to others.
    private static func create(_ path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        Foundation.close(descriptor)
    }
}
