import GRDB
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStoreSQLite

@Suite("The inspection of a store")
struct InspectionTests {
    @Test(arguments: StoreComparison.seeds)
    func `nothing is wrong with a store after random work, also while it is open`(seed: UInt64) async throws {
        try await withFolder { folder in
            let path = folder + "/store.sqlite"
            let store = try await SQLiteTaskStore(path: path)
            var comparison = StoreComparison(store, seed: seed)
            try await comparison.run(steps: 40)
            let inspection = try await SQLiteTaskStore.inspect(path: path)
            #expect(inspection.findings.allSatisfy { $0.level == .ok }, "TASKGRID_TEST_SEED=\(seed): \(inspection.findings)")
            await store.close()
        }
    }

    @Test(arguments: [
        ("UPDATE type SET submitted = 9 WHERE id = 1", "9 submitted, but 3 open and 1 ended"),
        ("UPDATE type SET kept = kept + 1 WHERE id = 1", "but 6 rows are counted"),
        ("UPDATE store SET pruned = 1", "1 tasks have ended and 1 of them are gone, but 1 are there"),
        ("UPDATE store SET keys = 7", "1 idempotency keys are there, but 7 are counted"),
        ("UPDATE store SET last_task = 2", "id 4 was given, but 2 is noted as the highest one"),
        ("UPDATE cursor SET id = 99", "1 cursor beyond the highest id that was given (the first: 99)"),
        ("UPDATE open_range SET rest = 1", "1 range that counts another number of open tasks than there are (the first: 1)"),
        ("UPDATE open_range SET rest = 9", "1 range of open tasks whose numbers cannot be (the first: 1)"),
        ("DELETE FROM open_range", "2 open tasks that no range holds, so that nobody hands them out (the first: 2)"),
        ("INSERT INTO open_range VALUES (1, 0, 3, 3, 1)", "1 range of open tasks that begins within another one (the first: 3)"),
        ("DELETE FROM task WHERE id = 1", "1 ending of tasks that are not there (the first: 1)"),
        ("DELETE FROM submission", "4 tasks without a submission (the first: 1)"),
        ("UPDATE ending SET type = 2", "1 ending of another type than the task's (the first: 1)"),
        ("INSERT INTO open (id, type, priority, attempt) VALUES (1, 1, 0, 1)", "1 row of open tasks that have ended (the first: 1)"),
        ("INSERT INTO open (id, type, priority, attempt) VALUES (77, 1, 0, 1)", "1 row of open tasks that are not there (the first: 77)"),
        ("UPDATE open SET priority = 5", "1 open task with another type or priority in `open` than in `task` (the first: 4)"),
        ("INSERT INTO attempt (task, number, outcome, ended) VALUES (50, 1, 'failed', 0)", "1 attempt of tasks that are not there"),
        ("UPDATE task SET type = 40 WHERE id = 2", "1 task of a type that is not known (the first: 2)"),
    ])
    func `damage is found, with the first task of it`(damage: String, words: String) async throws {
        try await withFolder { folder in
            let path = folder + "/store.sqlite"
            let store = try await SQLiteTaskStore(path: path)
            try await store.submit(.of([.text("a"), .text("b"), .text("c"), .text("d", due: .at(1_000))]))
            var take = StoreChanges()
            _ = take.take(.of(limit: 1))
            _ = try await store.commit(take)
            #expect(try await store.end(.of(1)) == [true])
            await store.close()
            #expect(try await !SQLiteTaskStore.inspect(path: path).isDamaged)
            let queue = try DatabaseQueue(path: path)
            try await queue.write { try $0.execute(sql: damage) }
            try queue.close()
            let found = try await SQLiteTaskStore.inspect(path: path).findings.filter { $0.level == .problem }
            #expect(found.contains { $0.found.contains(words) && $0.advice != nil }, "\(found)")
        }
    }

    @Test func `a file that is no store is refused, and none is made`() async throws {
        try await withFolder { folder in
            let error = await #expect(throws: StoreError.self) { try await SQLiteTaskStore.inspect(path: folder + "/nothing") }
            #expect(error?.code == .missing)
            let queue = try DatabaseQueue(path: folder + "/other")
            try await queue.write { try $0.execute(sql: "CREATE TABLE accounts (id INTEGER)") }
            try queue.close()
            let other = await #expect(throws: StoreError.self) { try await SQLiteTaskStore.inspect(path: folder + "/other") }
            #expect(other?.code == .corrupt)
        }
    }
}
