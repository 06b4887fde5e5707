import Foundation
import LocalGrid
import Logging
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

@Suite("A store that was restored by pg_dump and psql", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(5)))
struct RestoreTests {
    private struct Failed: Error {
        let program: String
    }

    /// Runs a program of PostgreSQL's to its end.
    private func run(_ program: String, _ arguments: [String]) async throws {
        let process = Process()
        process.executableURL = URL(filePath: try TestDatabase.installation().program(program))
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else { throw Failed(program: program) }
    }

    @Test func `it begins an epoch and skips ids, once`() async throws {
        let schema = uniqueSchema()
        let url = try await TestDatabase.shared().url
        let store = try await open(schema)
        _ = try await store.beginTerm()
        _ = try await store.beginTerm()
        let proof = store.proofKey.proof(of: 1, attempt: 1, type: .reverse)
        #expect(try await store.submit(.of(key: "k", [.text("a")])).first == 1)
        await store.close()
        let file = FileManager.default.temporaryDirectory.appending(path: "\(schema).sql").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await run("pg_dump", ["--dbname=\(url)", "--schema=\(schema)", "--file=\(file)"])
        // What comes after the dump is lost.
        let late = try await open(schema)
        #expect(try await late.submit(.of([.text("b")])).first == 2)
        await late.close()
        try await drop(schema)
        try await run(
            "psql", ["--dbname=\(url)", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--file=\(file)"])
        let log = Journal<LogLine>()
        let restored = try await PostgresTaskStore(PostgresSettings(conninfo: url), schema: schema, logger: Logger(into: log))
        _ = try await restored.beginTerm()
        let warnings = log.entries.filter { $0.level == .warning }
        #expect(warnings.contains { $0.message.contains("failed over or restored") && $0.metadata["store.epoch"] != nil }, "\(warnings)")
        #expect(restored.identity == store.identity)
        let second = restored.proofKey.proof(of: 1, attempt: 1, type: .reverse)
        #expect(second != proof)
        #expect(try await restored.submit(.of([.text("c")])).first == TaskID(StoreContents.skippedIDs + 2))
        _ = try await restored.beginTerm()
        #expect(restored.proofKey.proof(of: 1, attempt: 1, type: .reverse) == second)
        #expect(log.entries.count { $0.message.contains("failed over or restored") } == 1)
        await restored.close()
        try await drop(schema)
        // The same copy once more: what the other life of it has handed out does not fit this one.
        try await run(
            "psql", ["--dbname=\(url)", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--file=\(file)"])
        let again = try await open(schema)
        _ = try await again.beginTerm()
        let third = again.proofKey.proof(of: 1, attempt: 1, type: .reverse)
        #expect(third != second && third != proof)
        await again.close()
        try await drop(schema)
    }

    @Test func `it begins none where the server no longer tells its number, or tells it again`() async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        _ = try await store.beginTerm()
        let proof = store.proofKey.proof(of: 1, attempt: 1, type: .reverse)
        await store.close()
        for change in ["regexp_replace(home, '^[^/]*/', '')", "'4711/' || home"] {
            try await sql(schema, "UPDATE slot SET home = \(change)")
            let again = try await open(schema)
            _ = try await again.beginTerm()
            #expect(again.proofKey.proof(of: 1, attempt: 1, type: .reverse) == proof)
            await again.close()
        }
        try await drop(schema)
    }
}
