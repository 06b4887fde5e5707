import Foundation
import GRDB
import TaskGridCore
import TaskStore
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
            try await restore(path)
            #expect(try await proof(path) != before)
        }
    }

    @Test func `after that it gives none of the ids that it may have given after the copy, and all else goes on`() async throws {
        try await withFolder { folder in
            let path = folder + "/store.sqlite"
            let before = try await SQLiteTaskStore(path: path)
            try await before.submit(.of((1...4).map { .text("\($0)") }))
            #expect(try await before.take(.of(limit: 2)).handOuts.map(\.task.id) == [1, 2])
            await before.close()
            try await restore(path)
            let store = try await SQLiteTaskStore(path: path)
            let next = 5 + StoreContents.skippedIDs
            #expect(try await store.submit(.of([.text("5"), .text("6")])).first == TaskID(next))
            #expect(try await store.take().handOuts.map(\.task.id) == [3, 4, TaskID(next), TaskID(next + 1)])
            let endings = [1, 2, 3, 4, next, next + 1, 5].map { NewEnding.of(TaskID($0)) }
            #expect(try await store.commit(StoreChanges(endings: endings)).endings == [true, true, true, true, true, true, false])
            #expect(try await store.counts(of: .reverse).balances)
            await store.close()
            #expect(try await !SQLiteTaskStore.inspect(path: path).isDamaged)
        }
    }

    /// What `Operating.md` has people do to a copy.
    private func restore(_ path: String) async throws {
        let root = (1...3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let text = try String(
            contentsOf: root.appending(path: "Sources/TaskGridCommand/TaskGridCommand.docc/Operating.md"), encoding: .utf8)
        let statement = String(try #require(text.firstMatch(of: #/sqlite3 store[.]sqlite \\\s+"(UPDATE store [^"]+)"/#)).output.1)
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: statement) }
        try queue.close()
    }

    private func proof(_ path: String) async throws -> Proof {
        let store = try await SQLiteTaskStore(path: path)
        let proof = store.proofKey.proof(of: 1, attempt: 1, type: TaskType(literal: "hash"))
        await store.close()
        return proof
    }
}
