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

@Suite("A grid that is moved to PostgreSQL", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(10)))
struct MoveTests {
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

    @Test func `a dispatcher that still runs is refused, and the error says where the grid is`() async throws {
        try await Moved.withGrid { moved in
            let running = try await SQLiteTaskStore(path: moved.path)
            let term = try await running.beginTerm()
            try await moved.copy()
            #expect(await moved.code { try await running.commit(StoreChanges(term: term, types: [.sum])) } == .moved)
            #expect(await moved.code { try await running.beginTerm() } == .moved)
            #expect(await moved.code { try await running.align(.seconds(1), after: nil, limit: 10) } == .moved)
            await running.close()
            let error = await #expect(throws: StoreError.self) { try await SQLiteTaskStore(path: moved.path) }
            #expect(error?.message.contains("the store was moved to postgresql://elsewhere/grid (schema '\(moved.schema)') at ") == true)
        }
    }

    @Test func `a schema that has something is not touched`() async throws {
        try await Moved.withGrid { moved in
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

    @Test func `a schema whose name PostgreSQL would cut is refused before the file is marked`() async throws {
        try await Moved.withGrid { moved in
            let long = Moved(path: moved.path, schema: moved.schema.padding(toLength: 64, withPad: "x", startingAt: 0))
            let fail: @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { (_) throws(StoreError) in
                throw StoreError(.failed, "it was marked")
            }
            #expect(await long.code { try await long.copy(fail) } == .badRequest)
            #expect(await long.code { try await open(long.schema) } == .badRequest)
            let store = try await SQLiteTaskStore(path: moved.path)
            await store.close()
        }
    }

    @Test func `a key that an earlier version accepted holds for every user there too`() async throws {
        try await Moved.withGrid { moved in
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
