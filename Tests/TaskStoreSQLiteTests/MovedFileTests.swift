import TaskGridCore
import TaskStore
import TaskStoreConformance
import TaskStoreSQLite
import Testing

@Suite("A file whose store was moved")
struct MovedFileTests {
    @Test func `is refused in a whole sentence, which names the file and where the store is`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.sqlite"
            try await SQLiteTaskStore(path: path).close()
            let move = StoreMove(id: "1", destination: "postgresql://elsewhere/grid", schema: "taskgrid", started: .at(0))
            let source = try await SQLiteStoreSource(path: path)
            try await source.begin(move)
            let place = "moved to postgresql://elsewhere/grid (schema 'taskgrid')"
            #expect(await refusal(path)?.hasPrefix("store \(path): the store is being \(place) since ") == true)
            try await source.finish(move, at: .at(1))
            #expect(await refusal(path)?.hasPrefix("store \(path): the store was \(place) at ") == true)
            await source.close()
        }
    }

    private func refusal(_ path: String) async -> String? {
        do throws(StoreError) {
            try await SQLiteTaskStore(path: path).close()
            return nil
        } catch {
            return error.message
        }
    }
}
