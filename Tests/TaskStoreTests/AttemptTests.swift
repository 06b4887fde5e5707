import Foundation
import GRDB
import TaskGridCore
import Testing

@testable import TaskStore

@Suite("The history of attempts, and paused types") struct AttemptTests {
    private func failed(_ number: Int, _ outcome: Attempt.Outcome = .failed, worker: String? = "w1", run: Duration? = .milliseconds(3))
        -> Attempt
    {
        .ended(number, outcome, at: .at(number * 10), after: run, worker: worker, error: TaskError(.failed, "try \(number)"))
    }

    private func note(_ attempts: Attempt..., of id: TaskID = 1) -> StoreChanges {
        StoreChanges(attempts: attempts.map { EndedAttempt(id: id, attempt: $0) })
    }

    @Test(
        "those that failed come back as they were, in their order, and the one that succeeded from the ending",
        arguments: StoreKind.allCases)
    func wholeHistory(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.submit(.of([.text("a"), .text("b")], handsOut: true))
            let lost = failed(2, .lost, worker: nil, run: nil)
            _ = try await store.commit(note(lost))
            _ = try await store.commit(note(failed(1)))
            #expect(try await store.task(1)?.attempts == [failed(1), lost])
            try await store.end(.of(1, attempt: 3, completed: .at(40)))
            let task = try #require(try await store.task(1))
            let success = Attempt.ended(3, .succeeded, at: .at(40), after: .milliseconds(2), worker: "worker-1")
            #expect(task.attempts == [failed(1), lost, success])
            #expect(task.runTime == .milliseconds(2))
            #expect(success.started == .at(38))
            #expect(try await store.task(2)?.attempts == [])
            #expect(try await store.tasks([1]).first?.attempts == [], "a history is read of one task alone")
        }
    }

    @Test("a success of an attempt that counted as lost is its last word", arguments: StoreKind.allCases)
    func lateSuccess(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            _ = try await store.commit(note(failed(1, .lost)))
            try await store.end(.of(1, attempt: 1))
            #expect(try await store.task(1)?.attempts.map(\.outcome) == [.succeeded])
        }
    }

    @Test("of very many the latest are kept, and none of a task that is not known", arguments: StoreKind.allCases)
    func bounded(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            // Numbers with gaps: what was given back unbegun has one too.
            for number in 1...150 { _ = try await store.commit(note(failed(number * 2))) }
            let attempts = try #require(try await store.task(1)).attempts
            #expect(attempts.map(\.number) == (51...150).map { $0 * 2 })
            _ = try await store.commit(note(failed(1), of: 99))
            #expect(try await store.task(99) == nil)
        }
    }

    @Test("it goes with its task", arguments: StoreKind.allCases)
    func pruned(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.submit(.of([.text("a"), .text("b")], handsOut: true))
            _ = try await store.commit(note(failed(1)))
            _ = try await store.commit(note(failed(1), of: 2))
            try await store.end(.of(1, .failed))
            #expect(try await store.prune(before: .at(99), keeping: 0, limit: 10) == 1)
            let sqlite = try #require(store as? SQLiteTaskStore)
            #expect(try await sqlite.database.read { try Int64.fetchAll($0, sql: "SELECT task FROM attempt") } == [2])
        }
    }

    @Test("a task that is done at once leaves no row of an attempt", arguments: StoreKind.allCases)
    func nothingForASuccess(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            try await store.end(.of(1))
            let sqlite = try #require(store as? SQLiteTaskStore)
            #expect(try await sqlite.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM attempt") } == 0)
            #expect(try await store.task(1)?.attempts.count == 1)
        }
    }

    @Test("summaries are the tasks without payload and result", arguments: StoreKind.allCases)
    func summaries(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.submit(.of((0..<5).map { .text("payload \($0)") }, handsOut: true))
            try await store.end(.of(2))
            let whole = try await store.tasks(TaskFilter(), before: nil, limit: 3)
            let brief = try await store.summaries(TaskFilter(), before: nil, limit: 3)
            #expect(brief.next == whole.next)
            #expect(brief.elements.allSatisfy { $0.payload.isEmpty && $0.result == nil })
            #expect(
                brief.elements
                    == whole.elements.map { task in
                        var task = task
                        task.payload = Data()
                        task.result = nil
                        return task
                    }
            )
            #expect(try await store.summaries(TaskFilter(state: .succeeded), before: nil, limit: 3).elements.map(\.id) == [2])
        }
    }

    @Test("a pause outlives the store's closing, and ends when asked")
    func pauses() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            var store = try await SQLiteTaskStore(path: path)
            _ = try await store.commit(StoreChanges(types: [.reverse, .sum]))
            _ = try await store.commit(StoreChanges(pauses: [Pausing(type: .sum, isPaused: true)]))
            #expect(try await store.paused() == [.sum])
            await store.close()
            store = try await SQLiteTaskStore(path: path)
            #expect(try await store.paused() == [.sum])
            _ = try await store.commit(
                StoreChanges(pauses: [Pausing(type: .reverse, isPaused: true), Pausing(type: .sum, isPaused: false)]))
            #expect(try await store.paused() == [.reverse])
            await store.close()
        }
    }

    /// A store of version 1, as it was before there were attempts, with work in every state.
    @Test("a store of the first version opens with all that it has, and takes attempts")
    func migration() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let old = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(old, upTo: "1")
            let identity = try await old.write { database in
                try database.execute(
                    sql: """
                        UPDATE store SET last_task = 4;
                        INSERT INTO type (id, name, submitted, succeeded, failed) VALUES (1, 'reverse', 4, 1, 1);
                        INSERT INTO submission VALUES (1, 4, 'k', 'client-1', 'c-k', 1, 1700000000000);
                        INSERT INTO task VALUES (1, 1, 0, 0, 3, NULL, x'61'), (2, 1, 0, 1, 3, NULL, x'62'), (3, 1, 0, 2, 3, NULL, x'63'),
                            (4, 1, 0, 3, 3, NULL, x'64');
                        INSERT INTO open (type, priority, id, attempt, due) VALUES (1, 0, 3, 0, 1700000000099), (1, 0, 4, NULL, NULL);
                        INSERT INTO cursor VALUES (1, 0, 4);
                        INSERT INTO ending VALUES (1, 1, 5, 1, 2000, 1700000000010, 'worker-1', NULL, CAST('done' AS BLOB)),
                            (2, 1, 6, 1, 2000, 1700000000010, 'worker-1', 'failed: could not', NULL);
                        """
                )
                return try String.fetchOne(database, sql: "SELECT identity FROM store")
            }
            try old.close()
            let like = try await SQLiteTaskStore.inMemory()
            try await like.submit(.of(key: "k", [.text("a"), .text("b"), .text("c", due: .at(99)), .text("d")], handsOut: true))
            try await like.end(.of(1), .of(2, .failed))
            let counts = try await like.counts()
            let tasks = try await like.tasks(TaskFilter(), before: nil, limit: 9)
            await like.close()

            let opened = try await SQLiteTaskStore(path: path)
            #expect(opened.identity == identity)
            #expect(try await opened.counts() == counts)
            #expect(try await opened.tasks(TaskFilter(), before: nil, limit: 9) == tasks)
            #expect(try await opened.paused().isEmpty)
            _ = try await opened.commit(note(failed(1), of: 4))
            #expect(try await opened.task(4)?.attempts == [failed(1)])
            await opened.close()
        }
    }
}
