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
}

extension Writer {
    /// No row may be forgotten by itself for a while.
    func spendPace() { pace.spend(Int(PruningPace.most) * 1000) }

    /// Looks at whole blocks with the next call.
    func lookAgain() { nextLook = .now }
}
