import Dispatch
import Foundation
import GRDB
package import TaskStore

extension StoreTables {
    static let sqliteCounters = "SELECT id, name, submitted, succeeded, failed, cancelled, expired, kept FROM type"

    static let sqlite = StoreTables(
        counters: sqliteCounters, slot: "SELECT last_task, last_type, keys, pruned, pruned_to, epoch FROM store")
}

extension SQLiteTaskStore {
    /// Compares a store's counters with its rows, and checks its file. It writes nothing, and a dispatcher may be at work meanwhile.
    ///
    /// - Throws: `StoreError`: `missing` where there is no file, `corrupt` for one that is no store, `newerVersion`, `badRequest` for the
    ///   store of an earlier version, `locked`, `failed`.
    package static func inspect(path: String) async throws(StoreError) -> StoreInspection {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.missing, "there is no store \(path): name its file or its database's URL")
        }
        // It reads all of a file, which may be large: not on the cooperative pool.
        let inspection: Result<StoreInspection, any Error> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: Result { try inspectFile(path) }) }
        }
        do {
            return try inspection.get()
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private static func inspectFile(_ path: String) throws -> StoreInspection {
        var configuration = Configuration()
        configuration.label = "taskgrid.inspection"
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        // One transaction: all of it is one snapshot.
        return try queue.read { database in
            try checkVersion(database)
            let faults = try String.fetchAll(database, sql: "PRAGMA quick_check(3)").filter { $0 != "ok" }
            guard faults.isEmpty else {
                let fault = StoreFinding.problem(
                    .file, "SQLite finds the file damaged: \(faults.joined(separator: "; "))",
                    advice: "stop the dispatcher, keep a copy of the file, and go on from a backup (Operating.md, 'Backup and restore')")
                return StoreInspection(damaged: [fault])
            }
            var findings = [StoreFinding.ok(.file, "SQLite finds the file whole (quick_check)")]
            if let move = try MoveMark.find(database) {
                findings.append(.warning(.file, move.explanation, advice: "no dispatcher opens it; see 'taskgrid store copy --help'"))
            }
            return StoreInspection(try StoreFigures(database), findings)
        }
    }

    private static func checkVersion(_ database: Database) throws {
        let migrator = Schema.migrator
        guard try Int32.fetchOne(database, sql: "PRAGMA application_id") == Schema.applicationID else {
            throw StoreError(.corrupt, "it is no task store; name another file")
        }
        guard try !migrator.hasBeenSuperseded(database) else {
            throw StoreError(.newerVersion, "it was written by a newer version, which alone can read it; use that version")
        }
        guard try migrator.hasCompletedMigrations(database) else {
            throw StoreError(
                .badRequest, "it was written by an earlier version; a dispatcher of this version brings it up to date when it starts")
        }
    }
}

extension StoreFigures {
    /// Reads them from a snapshot.
    init(_ database: Database) throws {
        self.init()
        for sql in StoreTables.sqlite.statements {
            let row = try BoundStatement(database, sql)
            while try row.step() {
                add(
                    name: try row.text("name") ?? "", type: try row.int64("type"), state: try row.int64("state"),
                    value: try row.int64("value"), text: try row.text("text"))
            }
        }
    }
}
