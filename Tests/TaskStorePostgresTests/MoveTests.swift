import Foundation
import LocalGrid
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TaskStoreSQLite
import TestSupport
import Testing

@testable import TaskStorePostgres

/// A grid in an SQLite file, and the schema that it is to be moved to.
private struct Moved {
    let path: String
    let schema = uniqueSchema()

    var move: StoreMove {
        StoreMove(id: UUID().uuidString.lowercased(), destination: "postgresql://elsewhere/grid", schema: schema, started: .at(0))
    }

    func withDestination<Value>(_ body: (PostgresStoreDestination) async throws -> Value) async throws -> Value {
        let settings = PostgresSettings(conninfo: try await TestDatabase.shared().url)
        let destination = PostgresStoreDestination(settings, schema: schema, logger: .silent)
        do {
            let value = try await body(destination)
            await destination.close()
            return value
        } catch {
            await destination.close()
            throw error
        }
    }

    /// Copies; `passed` may end it. The error `unknown` ends it as a kill does: nothing is tidied up but what the server does by itself.
    @discardableResult
    func copy(_ passed: @escaping @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { _ in }) async throws -> StoreCopy.Outcome {
        let source = try await SQLiteStoreSource(path: path)
        do {
            let outcome = try await withDestination { try await StoreCopy(from: source, to: $0, move: move, passed: passed).run() }
            await source.close()
            return outcome
        } catch {
            await source.close()
            throw error
        }
    }

    func abandon() async throws -> StoreMove? {
        let source = try await SQLiteStoreSource(path: path)
        do {
            let move = try await withDestination { try await source.abandonMove(to: $0) }
            await source.close()
            return move
        } catch {
            await source.close()
            throw error
        }
    }

    func code(_ body: () async throws -> some Sendable) async -> StoreError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }
}

@Suite("A grid that is moved to PostgreSQL", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(10)))
struct MoveTests {
    private func withGrid(_ body: (Moved) async throws -> Void) async throws {
        try await withFolder { folder in
            let moved = Moved(path: folder + "/store.sqlite")
            let store = try await SQLiteTaskStore(path: moved.path)
            try await store.submit(.of(key: "k", [.text("a"), .text("b"), .text("c")]))
            await store.close()
            try await body(moved)
            try await sql(moved.schema, "DROP SCHEMA IF EXISTS \(Schema.quoted(moved.schema)) CASCADE")
        }
    }

    @Test(arguments: StoreComparison.seeds)
    func `it goes on with the same record, and ids and proofs that none had`(seed: UInt64) async throws {
        try await withFolder { folder in
            let moved = Moved(path: folder + "/store.sqlite")
            let before = try await SQLiteTaskStore(path: moved.path)
            var comparison = StoreComparison(before, seed: seed)
            try await comparison.run(steps: 40)
            let term = try await before.beginTerm()
            let proof = before.proofKey.proof(of: 1, attempt: 1, type: .reverse)
            await before.close()
            try await moved.copy()
            let after = try await open(moved.schema)
            #expect(after.identity == before.identity)
            #expect(after.proofKey.proof(of: 1, attempt: 1, type: .reverse) != proof)
            #expect(try await after.beginTerm() > term)
            await comparison.goOn(with: after, skipping: StoreContents.skippedIDs)
            try await comparison.run(steps: 25)
            // The last step may have been a commit that was refused, after which the state is read anew.
            _ = try await after.beginTerm()
            let contents = try #require(try await after.writer.contents())
            #expect(contents.memory == contents.rows)
            await after.close()
            try await drop(moved.schema)
        }
    }

    @Test func `ranges of any length are divided, and all of their tasks are handed out`() async throws {
        try await withFolder { folder in
            let moved = Moved(path: folder + "/store.sqlite")
            let before = try await SQLiteTaskStore(path: moved.path)
            let tasks = (0..<10_000).map { Submission.Task.text("\($0)") }
            try await before.submit(.of(tasks))
            try await before.submit(.of(.sum, tasks))
            var changes = StoreChanges()
            let take = changes.take(.of(limit: 5_000))
            #expect(try await before.commit(changes)[take].handOuts.count == 5_000)
            for id in [1, 2, 4_500, 4_999] { #expect(try await before.end(.of(TaskID(Int64(id)))) == [true]) }
            let counts = try await before.counts()
            await before.close()
            try await moved.copy()
            let after = try await open(moved.schema)
            _ = try await after.beginTerm()
            #expect(try await after.counts() == counts)
            var (rest, left) = (StoreChanges(), 0)
            let taken = rest.take(.of(limit: 20_000))
            left = try await after.commit(rest)[taken].handOuts.count
            #expect(left == 5_000)
            await after.close()
            let inspection = try await PostgresTaskStore.inspect(
                PostgresSettings(conninfo: try await TestDatabase.shared().url), schema: moved.schema, logger: .silent)
            #expect(!inspection.isDamaged, "\(inspection.findings)")
            try await drop(moved.schema)
        }
    }

    @Test(arguments: [0, 1, 2, 3])
    func `a copy that was killed at any step is finished by the next call`(step: Int) async throws {
        try await withGrid { moved in
            let kill: @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { (passed) throws(StoreError) in
                let number =
                    switch passed {
                    case .marked: 0
                    case .written: 1
                    case .compared: 2
                    case .committed: 3
                    }
                if number == step { throw StoreError(.unknown, "killed") }
            }
            #expect(await moved.code { try await moved.copy(kill) } == .unknown)
            #expect(await moved.code { try await SQLiteTaskStore(path: moved.path) } == .moved)
            let outcome = try await moved.copy()
            #expect((outcome.rows == nil) == (step == 3))
            let after = try await open(moved.schema)
            #expect(try await after.ids() == [3, 2, 1])
            await after.close()
            #expect(await moved.code { try await SQLiteTaskStore(path: moved.path) } == .moved)
            #expect(await moved.code { try await moved.copy() } == .moved)
        }
    }

    @Test func `a copy that fails before its commit leaves both stores as they were`() async throws {
        try await withGrid { moved in
            let fail: @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { (passed) throws(StoreError) in
                if passed == .compared { throw StoreError(.failed, "no more") }
            }
            #expect(await moved.code { try await moved.copy(fail) } == .failed)
            let store = try await SQLiteTaskStore(path: moved.path)
            _ = try await store.beginTerm()
            #expect(try await store.ids() == [3, 2, 1])
            await store.close()
            #expect(try await moved.withDestination { try await !$0.has(moved.move) })
            #expect(!FileManager.default.fileExists(atPath: moved.path + "-copy"))
        }
    }

    @Test func `a dispatcher that still runs is refused, and the error says where the grid is`() async throws {
        try await withGrid { moved in
            let running = try await SQLiteTaskStore(path: moved.path)
            let term = try await running.beginTerm()
            try await moved.copy()
            #expect(await moved.code { try await running.commit(StoreChanges(term: term, types: [.sum])) } == .moved)
            #expect(await moved.code { try await running.beginTerm() } == .moved)
            #expect(await moved.code { try await running.align(.seconds(1), after: nil, limit: 10) } == .moved)
            await running.close()
            let error = await #expect(throws: StoreError.self) { try await SQLiteTaskStore(path: moved.path) }
            #expect(error?.message.contains("it was moved to postgresql://elsewhere/grid (schema '\(moved.schema)') at ") == true)
        }
    }

    @Test func `a schema that has something is not touched`() async throws {
        try await withGrid { moved in
            try await sql(moved.schema, "CREATE SCHEMA \(Schema.quoted(moved.schema))", "CREATE TABLE accounts (id integer)")
            #expect(await moved.code { try await moved.copy() } == .badRequest)
            try await sql(moved.schema, "DROP TABLE accounts")
            let other = try await open(moved.schema)
            await other.close()
            #expect(await moved.code { try await moved.copy() } == .badRequest)
            let store = try await SQLiteTaskStore(path: moved.path)
            await store.close()
            try await drop(moved.schema)
            // An empty schema is as good as none.
            try await sql(moved.schema, "CREATE SCHEMA \(Schema.quoted(moved.schema))")
            try await moved.copy()
        }
    }

    @Test func `a move that was killed is abandoned only where the database has none of it`() async throws {
        try await withGrid { moved in
            #expect(try await moved.abandon() == nil)
            let killed: @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { (passed) throws(StoreError) in
                if case .written = passed { throw StoreError(.unknown, "killed") }
            }
            #expect(await moved.code { try await moved.copy(killed) } == .unknown)
            // The server may still be at work for the process that was killed.
            try await moved.withDestination { other in
                let slot = StoreContents.Slot(
                    identity: "x", secret: Data(), epoch: 0, term: 0, lastTask: 0, lastType: 0, pruned: 0, prunedTo: 0, walked: 0, swept: 0,
                    keys: 0, keysOfAll: 0, clock: 0, wall: 0, wallOffset: 0)
                try await other.begin(
                    moved.move, StoreContents(slot: slot, types: [], cursors: [], bulkActions: [], blocks: [:]))
                #expect(await moved.code { try await moved.abandon() } == .locked)
                await other.rollBack()
            }
            #expect(try await moved.abandon()?.schema == moved.schema)
            let store = try await SQLiteTaskStore(path: moved.path)
            await store.close()
            let committed: @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { (passed) throws(StoreError) in
                if passed == .committed { throw StoreError(.unknown, "killed") }
            }
            #expect(await moved.code { try await moved.copy(committed) } == .unknown)
            #expect(await moved.code { try await moved.abandon() } == .moved)
            try await moved.copy()
        }
    }

    @Test func `a key that an earlier version accepted holds for every user there too`() async throws {
        try await withGrid { moved in
            try await moved.copy()
            func again(_ user: String, _ tasks: [Submission.Task]) -> NewSubmission {
                var new = NewSubmission.of(key: "k", tasks)
                new.submission.user = user
                return new
            }
            let same: [Submission.Task] = [.text("a"), .text("b"), .text("c")]
            let expected = Accepted(first: 1, count: 3, isRepeat: true)
            for isOlder in [false, true] {
                // The oldest versions kept neither type nor fingerprint.
                if isOlder { try await sql(moved.schema, "UPDATE submission SET type = '', fingerprint = ''") }
                let store = try await open(moved.schema)
                _ = try await store.beginTerm()
                #expect(try await store.submit(again("ann", same)) == expected)
                #expect(try await store.submit(again("bob", [.text("a"), .text("b"), .text("d")])).conflict == .reverse)
                #expect(try await store.submit(again("bob", [.text("a")])).conflict == .reverse)
                await store.close()
            }
            // Without the tasks nobody knows better.
            try await sql(moved.schema, "DELETE FROM task WHERE id = 3")
            let store = try await open(moved.schema)
            _ = try await store.beginTerm()
            #expect(try await store.submit(again("ann", [.text("a"), .text("b"), .text("d")])) == expected)
            await store.close()
        }
    }

    @Test func `old blocks of which little is left get no partitions`() {
        let many = Int64(BlockRemoval.mostKept) + 1
        #expect(BlockPlan([:], lastTask: 5).blocks == [0, 1])
        #expect(BlockPlan([0: 3, 4: 10, 5: many, 6: 1, 9: many], lastTask: 10 << 20).blocks == [5, 6, 9, 10, 11])
        let all = Dictionary(uniqueKeysWithValues: (0..<2_000).map { (Int64($0), many) })
        #expect(BlockPlan(all, lastTask: 2_001 << 20).blocks.count == BlockPlan.mostBlocks + 2)
    }
}
