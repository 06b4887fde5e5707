import Dispatch
import Foundation
import GRDB
package import TaskGridCore
package import TaskStore

/// The store in an SQLite file that a grid leaves for another store.
package final class SQLiteStoreSource: StoreSource {
    private let path: String
    private let database: DatabasePool
    private let lock: MoveLock

    /// Opens the file, brings its tables to the version of this program, and keeps other calls of `store copy` away until it is released.
    ///
    /// - Throws: `StoreError`: `missing` where there is no file, `locked`, and those of `SQLiteTaskStore.init`, but not `moved`.
    package init(path: String) async throws(StoreError) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.missing, "there is no store \(path): name the file of dispatcher.store")
        }
        let lock = try MoveLock(beside: path)
        let opened: Result<DatabasePool, any Error> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Result { try StoreFile.open(path, busyTimeout: .seconds(10)) })
            }
        }
        do {
            database = try opened.get()
        } catch {
            throw StoreError(error, path: path)
        }
        self.path = path
        self.lock = lock
    }

    package func move() async throws(StoreError) -> StoreMove? { try await read(MoveMark.find) }

    package func begin(_ move: StoreMove) async throws(StoreError) { try await write { try MoveMark.write(move, to: $0) } }

    package func finish(_ move: StoreMove, at time: Timestamp) async throws(StoreError) {
        var move = move
        move.finished = time
        try await write { [move] in try MoveMark.write(move, to: $0) }
    }

    package func takeBack(_ move: StoreMove) async throws(StoreError) {
        try await write { database in
            guard let known = try MoveMark.find(database), known.id == move.id, known.finished == nil else { return }
            try MoveMark.remove(from: database)
        }
    }

    package func contents() async throws(StoreError) -> StoreContents { try await read(StoreContents.init) }

    package func tally() async throws(StoreError) -> StoreTally { try await read(StoreTally.init) }

    package func page(
        of table: StorePage.Table, after: [Int64]?, maximumLength: Int64
    ) async throws(StoreError) -> StorePage {
        try await read { try StorePages(database: $0, after: after).page(of: table, maximumLength: maximumLength) }
    }

    package func close() async { await database.checkpointAndClose() }

    private func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            database.asyncRead { database in continuation.resume(returning: Result { try body(try database.get()) }) }
        }
        return try unwrapped(result)
    }

    private func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws(StoreError) {
        let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
            database.asyncWriteWithoutTransaction { database in
                continuation.resume(returning: Result { try database.transaction(body) })
            }
        }
        try unwrapped(result)
    }

    private func unwrapped<Value>(_ result: Result<Value, any Error>) throws(StoreError) -> Value {
        do {
            return try result.get()
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
