import Foundation
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

@Suite("Blocks of tasks", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(5)))
struct BlockTests {
    /// A store with tasks 1 to 5, whose next id is near the end of the first block.
    private func withStore(_ body: (PostgresTaskStore, String) async throws -> Void) async throws {
        let schema = uniqueSchema()
        let store = try await open(schema)
        try await store.submit(.of(key: "first", (1...5).map { .text("\($0)") }, created: .at(1), handsOut: true))
        try await sql(schema, "UPDATE slot SET last_task = \(Block.size - 3), turn = turn + 1")
        try await body(store, schema)
        await store.close()
        try await drop(schema)
    }

    private func blocks(_ schema: String) async throws -> [Int64] {
        try await sql(schema, "SELECT number FROM block ORDER BY number")[0].values("number", Int64.self)
    }

    @Test func `a submission may lie in several blocks, whose partitions are made where they are missing`() async throws {
        try await withStore { store, schema in
            try await store.submit(.of(key: "second", (0..<9).map { .text("\($0)") }))
            let ids = (0..<9).map { TaskID(Block.size - 2 + $0) }
            #expect(try await store.take().handOuts.map(\.task.id) == ids)
            #expect(try await store.end(.of(ids[0]), .of(ids[8])) == [true, true])
            #expect(try await store.ids(limit: 3) == [ids[8], ids[7], ids[6]])
            // Far beyond, as with a new epoch.
            try await sql(schema, "UPDATE slot SET last_task = \(7 * Block.size - 2), turn = turn + 1")
            let accepted = try await store.submit(.of((0..<3).map { .text("\($0)") }))
            #expect(accepted.first == TaskID(7 * Block.size - 1))
            #expect(try await store.ids(limit: 1) == [TaskID(7 * Block.size + 1)])
        }
    }

    @Test func `the next block's partitions are made ahead`() async throws {
        try await withStore { store, schema in
            try await store.submit(.of((0..<9).map { .text("\($0)") }))
            try await until { try await blocks(schema) == [0, 1, 2] }
        }
    }

    @Test func `a block goes whole, and what is open of it stays`() async throws {
        try await withStore { store, schema in
            try await store.submit(.of(key: "second", (0..<9).map { .text("\($0)") }, created: .at(2), handsOut: true))
            try await store.end(.of(1), .of(2, .failed), .of(TaskID(Block.size - 2)))
            _ = try await store.commit(
                StoreChanges(
                    schedules: [Schedule(id: 3, type: .reverse, attempt: 1, due: .at(50))],
                    attempts: [EndedAttempt(id: 3, attempt: .ended(1, .failed, at: .at(5), after: nil, worker: "w"))]))
            let retention = Retention(before: .at(0), keeping: 0, keysSince: .at(0))
            // Nothing else is let go of: the pace is spent.
            await store.writer.spendPace()
            #expect(try await store.prune(retention, limit: 10) == Pruned(tasks: 3))
            #expect(try await !blocks(schema).contains(0))
            #expect(try await store.states([1, 2, 3, 4, 5]).map(\.id) == [3, 4, 5])
            #expect(try await store.task(3)?.attempts.count == 1)
            let counts = try await store.counts(of: .reverse)
            #expect(counts.submitted == 14 && counts.queued == 10 && counts.scheduled == 1 && counts.succeeded == 2 && counts.balances)
            // A task that is gone does not end again, though a range still has it; one that was moved does.
            #expect(try await store.end(.of(1), .of(2), .of(4), .of(TaskID(Block.size - 2))) == [false, false, true, false])
            #expect(try await store.take(.of(now: .at(60))).handOuts.map(\.task.id) == [3])
            let contents = try await store.writer.contents()
            #expect(contents?.memory == contents?.rows)
            // Rows of the rest go one by one.
            let again = try await open(schema)
            #expect(try await again.prune(retention, limit: 10).tasks == 1)
            #expect(try await again.states([4]).isEmpty)
            await again.close()
        }
    }

    @Test func `what ended late stays by its age, and goes beyond the number that is kept`() async throws {
        try await withStore { store, schema in
            try await store.submit(.of((0..<9).map { .text("\($0)") }, created: .at(2), handsOut: true))
            try await store.end(
                .of(1, completed: .at(10)), .of(2, completed: .at(90)), .of(3, completed: .at(10)), .of(4, completed: .at(10)),
                .of(5, completed: .at(10)))
            await store.writer.spendPace()
            #expect(try await store.prune(Retention(before: .at(50), keeping: 100, keysSince: .at(0)), limit: 10) == Pruned(tasks: 4))
            #expect(try await store.states([1, 2, 3, 4, 5]).map(\.id) == [2])
            #expect(try await store.counts(of: .reverse).balances)
        }
    }

    @Test func `a block that is read is removed later`() async throws {
        try await withStore { store, schema in
            try await store.submit(.of((0..<9).map { .text("\($0)") }, handsOut: true))
            try await store.end(.of(1))
            await store.writer.spendPace()
            let retention = Retention(before: .at(0), keeping: 0, keysSince: .at(0))
            try await store.readers.withSnapshot { snapshot in
                _ = try await snapshot.run([Records.states(SlotState.number, [1])])
                #expect(try await store.prune(retention, limit: 10) == Pruned())
                // Nobody waits for it.
                #expect(try await store.states([1]).count == 1)
            }
            await store.writer.lookAgain()
            #expect(try await store.prune(retention, limit: 10) == Pruned(tasks: 1))
        }
    }

    @Test func `a reader that begins while a block is removed misses nothing that stays`() async throws {
        try await withStore { store, schema in
            let other = try await connect(schema)
            let block = BlockSQL(block: Block(number: 0))
            let transaction = try await other.begin([BlockSQL.lock()])
            async let found = store.task(3)
            async let listed = store.ids()
            try await until {
                try await sql(
                    schema,
                    """
                    SELECT count(DISTINCT pid) FROM pg_locks
                    WHERE NOT granted AND relation = ANY(ARRAY['task', 'ending', 'attempt']::regclass[])
                    """)[0].first("count", Int64.self) == 2
            }
            _ = try await transaction.run(block.detaching + block.moving([3]) + block.dropping)
            try await transaction.commit()
            #expect(try await found?.id == 3)
            #expect(try await listed == [3])
            await other.close()
        }
    }

    @Test func `of two looks at a block one removes it`() async throws {
        try await withStore { store, schema in
            try await store.submit(.of((0..<9).map { .text("\($0)") }, handsOut: true))
            try await store.end(.of(1))
            let retention = Retention(before: .at(0), keeping: 0, keysSince: .at(0))
            var looks: [(removal: BlockRemoval, generation: Int)] = []
            for _ in 0..<2 {
                let (excess, lastTask, generation) = try await store.writer.pruningState(retention)
                let removal = try await store.readers.withSnapshot {
                    try await BlockRemoval(retention, excess: excess, lastTask: lastTask, $0)
                }
                looks.append((try #require(removal), generation))
            }
            #expect(try await store.writer.remove(looks[0].removal, generation: looks[0].generation) == 1)
            #expect(try await store.writer.remove(looks[1].removal, generation: looks[1].generation) == nil)
            #expect(try await store.states([1, 2]).map(\.id) == [2])
        }
    }

    /// PostgreSQL attaches a table without looking through it where a constraint says as much.
    @Test func `before a block is removed, the rest of lower ones is known to lie below its end`() async throws {
        try await withStore { store, schema in
            try await store.submit(.of((0..<9).map { .text("\($0)") }, handsOut: true))
            try await store.end(.of(1))
            func bounds() async throws -> Int64? {
                try await sql(
                    schema,
                    """
                    SELECT count(*) FROM pg_constraint
                    WHERE conname = 'bound' AND convalidated AND connamespace = current_schema()::regnamespace
                    """)[0].first("count", Int64.self)
            }
            // Twice, as where the removal has to wait.
            for _ in 0..<2 {
                #expect(try await store.readers.bound(Block(number: 0)))
                #expect(try await bounds() == 3)
            }
            try await store.readers.withSnapshot { snapshot in
                _ = try await snapshot.run([Records.states(SlotState.number, [1])])
                #expect(try await !store.readers.bound(Block(number: 0)))
            }
            await store.writer.spendPace()
            #expect(try await store.prune(Retention(before: .at(0), keeping: 0, keysSince: .at(0)), limit: 10) == Pruned(tasks: 1))
            #expect(try await bounds() == 0)
        }
    }

    @Test func `keys are forgotten as fast as they come, and neither they nor tasks wait for the others`() async throws {
        try await withStore { store, _ in
            let saved = await store.writer.keyPace.saved
            let new = NewSubmission.of(key: "second", [.text("a")], created: .at(2), handsOut: true)
            try await store.submit(new)
            #expect(try await store.submit(new).isRepeat)
            #expect(await store.writer.keyPace.saved == saved + 1)
            try await store.end(.of(1), .of(2), .of(3), .of(4), .of(5), .of(TaskID(Block.size - 2)))
            let (tasks, both) = (
                Retention(before: .at(50), keeping: 0, keysSince: .at(0)), Retention(before: .at(50), keeping: 0, keysSince: .at(50))
            )
            #expect(try await store.prune(tasks, limit: 10) == Pruned(tasks: 6))
            try await store.submit(.of(key: "third", [.text("a")], created: .at(3), handsOut: true))
            try await store.end(.of(TaskID(Block.size - 1)))
            await store.writer.spendPace()
            #expect(try await store.prune(both, limit: 10) == Pruned(keys: 2))
            await store.writer.spendKeyPace()
            await store.writer.regainPace()
            #expect(try await store.prune(both, limit: 10) == Pruned(tasks: 1))
        }
    }
}

extension Writer {
    /// No task may be forgotten by itself for a while.
    func spendPace() { pace.spend(Int(PruningPace.most) * 1000) }

    /// Tasks may again.
    func regainPace() { pace = PruningPace(at: .now) }

    /// No key may be forgotten for a while.
    func spendKeyPace() { keyPace.spend(Int(PruningPace.most) * 1000) }

    /// Looks at whole blocks with the next call.
    func lookAgain() { nextLook = .now }
}
