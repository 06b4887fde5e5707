import GRDB
import TaskGridCore
import TaskStore
import TaskStoreConformance
import Testing

@testable import TaskStoreSQLite

@Suite("Numbers of types")
struct TypeNumberTests {
    @Test func `a type that comes back after it was forgotten has a number that none had`() async throws {
        let store = try await SQLiteTaskStore.inMemory()
        _ = try await store.commit(StoreChanges(types: [.reverse, .sum]))
        #expect(try await store.forget(.sum))
        #expect(try await store.commit(StoreChanges(types: [.sum], forgettings: [Forgetting(type: .sum)])).forgettings == [true])
        try await store.submit(.of(.sum, [.text("a")]))
        let numbers = try await store.database.read { try Int.fetchAll($0, sql: "SELECT id FROM type WHERE id > 0 ORDER BY id") }
        #expect(numbers == [1, 4])
        await store.close()
    }
}
