import Foundation
import GRDB
import TaskGridCore
import TaskStore
import TaskStoreConformance
import Testing

@testable import TaskStoreSQLite

@Suite("Rows of attempts")
struct AttemptRowTests {
    private func failed(_ number: Int, _ outcome: Attempt.Outcome = .failed, worker: String? = "w1", run: Duration? = .milliseconds(3))
        -> Attempt
    {
        .ended(number, outcome, at: .at(number * 10), after: run, worker: worker, error: TaskError(.failed, "try \(number)"))
    }

    private func note(_ attempts: Attempt..., of id: TaskID = 1) -> StoreChanges {
        StoreChanges(attempts: attempts.map { EndedAttempt(id: id, attempt: $0) })
    }

    @Test func `it goes with its task`() async throws {
        try await StoreFactory.sqliteInMemory.withStore { store in
            try await store.submit(.of([.text("a"), .text("b")], handsOut: true))
            _ = try await store.commit(note(failed(1)))
            _ = try await store.commit(note(failed(1), of: 2))
            try await store.end(.of(1, .failed))
            #expect(try await store.prune(before: .at(99), keeping: 0, limit: 10) == 1)
            let sqlite = try #require(store as? SQLiteTaskStore)
            #expect(try await sqlite.database.read { try Int64.fetchAll($0, sql: "SELECT task FROM attempt") } == [2])
        }
    }

    @Test func `a task that is done at once leaves no row of an attempt`() async throws {
        try await StoreFactory.sqliteInMemory.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            try await store.end(.of(1))
            let sqlite = try #require(store as? SQLiteTaskStore)
            #expect(try await sqlite.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM attempt") } == 0)
            #expect(try await store.task(1)?.attempts.count == 1)
        }
    }
}
