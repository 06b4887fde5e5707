import Foundation
import GRDB
import TaskGridCore
import TaskStoreConformance
import TaskStoreSQLite
import Testing

@Suite("A store that goes on from a copy")
struct EpochTests {
    @Test func `with its epoch raised as Operating.md says, no proof from before holds`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.sqlite"
            let before = try await proof(path)
            #expect(try await proof(path) == before)
            let root = (1...3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
            let text = try String(
                contentsOf: root.appending(path: "Sources/TaskGridCommand/TaskGridCommand.docc/Operating.md"), encoding: .utf8)
            let statement = String(try #require(text.firstMatch(of: #/sqlite3 store[.]sqlite "(UPDATE store [^"]+)"/#)).output.1)
            try await DatabaseQueue(path: path).write { try $0.execute(sql: statement) }
            #expect(try await proof(path) != before)
        }
    }

    private func proof(_ path: String) async throws -> Proof {
        let store = try await SQLiteTaskStore(path: path)
        let proof = store.proofKey.proof(of: 1, attempt: 1, type: TaskType(literal: "hash"))
        await store.close()
        return proof
    }
}
