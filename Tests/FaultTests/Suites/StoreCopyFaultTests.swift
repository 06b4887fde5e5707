import Foundation
import Logging
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TaskStoreSQLite
import TestSupport
import Testing

@testable import LocalGrid

@Suite("A process of taskgrid store copy that is ended", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(3)))
struct StoreCopyFaultTests {
    /// A grid of three tasks in a file, and the arguments of its copy to a database.
    private struct Copied {
        let path: String
        let server: PrivateDatabase
        let arguments: [String]

        func code(_ body: () async throws -> some Sendable) async -> StoreError.Code? {
            let error = await #expect(throws: StoreError.self) { _ = try await body() }
            return error?.code
        }

        /// Runs the copy, which waits in the middle, once the file is marked: a transaction that is open is making the same schema.
        func run(_ signal: Int32) async throws -> CommandRun {
            let other = PostgresConnection(PostgresSettings(conninfo: server.url), name: "test", logger: .silent)
            try await other.connect()
            let making = try await other.begin([PostgresQuery.once("make", "CREATE SCHEMA taskgrid")()])
            let looking = PostgresConnection(PostgresSettings(conninfo: server.url), name: "test", logger: .silent)
            try await looking.connect()
            let pids = Journal<Int32>()
            async let run = CommandRun.run(arguments) { pids.add($0) }
            let pid = try await pids.first { $0 }
            let waits = PostgresQuery.once("look", "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            // The server tells nobody that a session waits, or has gone: it is asked until then, and the test's limit bounds that.
            while try await looking.run([waits()])[0].count == 0 {}
            kill(pid, signal)
            let ended = try await run
            await making.rollBack()
            // The server ends the session of a process that is gone by itself.
            while try await looking.run([waits()])[0].count > 0 {}
            await other.close()
            await looking.close()
            return ended
        }
    }

    private func withGrid(_ body: (Copied) async throws -> Void) async throws {
        try await FaultGrid.withDatabase { server, options in
            let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let path = "\(folder)/store.sqlite"
            let store = try await SQLiteTaskStore(path: path)
            try await store.submit(.of(key: "k", [.text("a"), .text("b"), .text("c")]))
            await store.close()
            try await body(
                Copied(path: path, server: server, arguments: ["store", "copy", path, options[1], "--password-file", options[3]]))
        }
    }

    @Test func `killed, it leaves a file that no dispatcher opens, and the next call finishes`() async throws {
        try await withGrid { copied in
            let killed = try await copied.run(SIGKILL)
            #expect(killed.reason == .uncaughtSignal && killed.code == SIGKILL, "\(killed)")
            #expect(await copied.code { try await SQLiteTaskStore(path: copied.path) } == .moved)
            let again = try await CommandRun.run(copied.arguments)
            #expect(again.code == 0 && again.output.contains("no dispatcher opens \(copied.path) any more"), "\(again)")
            #expect(again.output.hasSuffix(" --store-password-file \(copied.arguments[5])\n"), "\(again)")
            let check = try await CommandRun.run(["store", "check", copied.arguments[3]] + copied.arguments.suffix(2))
            #expect(check.code == 0, "\(check)")
            let third = try await CommandRun.run(copied.arguments)
            #expect(third.code == 1 && third.errors.contains("was moved to"), "\(third)")
        }
    }

    @Test func `killed, it is taken back by --abandon`() async throws {
        try await withGrid { copied in
            _ = try await copied.run(SIGKILL)
            let back = try await CommandRun.run(["store", "copy", "--abandon", copied.path] + copied.arguments.suffix(2))
            #expect(back.code == 0, "\(back)")
            let store = try await SQLiteTaskStore(path: copied.path)
            #expect(try await store.counts(of: .reverse).pending == 3)
            await store.close()
        }
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `told to end, it leaves the file as it was, and says so`(signal: Int32) async throws {
        try await withGrid { copied in
            let interrupted = try await copied.run(signal)
            #expect(interrupted.code == 1, "\(interrupted)")
            #expect(interrupted.errors.contains("the copy was interrupted, and nothing was changed"), "\(interrupted)")
            let store = try await SQLiteTaskStore(path: copied.path)
            #expect(try await store.counts(of: .reverse).pending == 3)
            await store.close()
            #expect(try await CommandRun.run(copied.arguments).code == 0)
        }
    }
}
