import Foundation
import TaskGridCore
import TaskStore
import TaskStoreConformance
import Testing

@testable import TaskStoreSQLite

@Suite("Two processes with one file")
struct SharedFileTests {
    @Test func `a term supersedes that of another process and outlives its own`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let (active, standby) = (try await SQLiteTaskStore(path: path), try await SQLiteTaskStore(path: path))
            let first = try await active.beginTerm()
            let second = try await standby.beginTerm()
            let error = await #expect(throws: StoreError.self) {
                try await active.commit(StoreChanges(term: first, submissions: [.of([.text("a")])]))
            }
            #expect(error?.code == .superseded && error?.message.contains(path) == true)
            await active.close()
            await standby.close()
            let again = try await SQLiteTaskStore(path: path)
            #expect(try await again.beginTerm() > second)
            await again.close()
        }
    }
}
