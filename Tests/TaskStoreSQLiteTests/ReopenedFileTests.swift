import TaskStore
import TaskStoreConformance
import Testing

@testable import TaskStoreSQLite

@Suite("A file that is closed and opened again")
struct ReopenedFileTests {
    @Test(arguments: StoreComparison.seeds)
    func `a file that is opened again and again between random changes gives the same answers as the model`(seed: UInt64) async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            var comparison = StoreComparison(try await SQLiteTaskStore(path: path), seed: seed) { try await SQLiteTaskStore(path: path) }
            try await comparison.run(steps: 60)
        }
    }
}
