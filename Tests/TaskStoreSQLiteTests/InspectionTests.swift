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

    @Test(arguments: StoreDamage.all(counters: ("type", "id"), slot: "store"))
    func `damage is found, with the first task of it`(damage: StoreDamage) async throws {
        try await withFolder { folder in
            let path = folder + "/store.sqlite"
            let store = try await SQLiteTaskStore(path: path)
            try await StoreDamage.prepare(store)
            await store.close()
            #expect(try await !SQLiteTaskStore.inspect(path: path).isDamaged)
            let queue = try DatabaseQueue(path: path)
            try await queue.write { try $0.execute(sql: damage.sql) }
            try queue.close()
            damage.expect(in: try await SQLiteTaskStore.inspect(path: path))
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
