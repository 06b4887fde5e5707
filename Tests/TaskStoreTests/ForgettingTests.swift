import GRDB
import TaskGridCore
import Testing

@testable import TaskStore

@Suite("Forgetting types")
struct ForgettingTests {
    @Test(
        "a type that has nothing is forgotten, its counters move to those of the forgotten ones, and the sum stays",
        arguments: StoreKind.allCases)
    func forgets(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.submit(.of([.text("a"), .text("b")], handsOut: true))
            try await store.submit(.of(.sum, [.text("c")], handsOut: true))
            try await store.end(.of(1), .of(2, .failed), .of(3, type: .sum))
            let sum = try await store.counts().values.reduce(TaskCounts(), +)
            #expect(try await store.forget(.reverse) == false, "ended tasks are still known")
            while try await store.prune(before: .at(50), keeping: 100, limit: 10) > 0 {}

            #expect(try await store.forget(.reverse))
            #expect(try await store.types() == [.sum])
            #expect(try await store.counts()[.reverse] == nil)
            let forgotten = try await store.countsOfForgotten()
            #expect(forgotten.submitted == 2 && forgotten.succeeded == 1 && forgotten.failed == 1 && forgotten.balances)
            #expect(try await store.counts().values.reduce(forgotten, +) == sum)
            #expect(try await store.forget(.reverse) == false, "it is not known")
            #expect(try await store.forget(.sum))
            #expect(try await store.countsOfForgotten() == sum)
            #expect(try await store.prune(before: .at(50), keeping: 0, limit: 10) == 0, "what was forgotten was pruned before")
        }
    }

    @Test("a type with waiting, scheduled or handed-out tasks or a pause is not forgotten", arguments: StoreKind.allCases)
    func keeps(kind: StoreKind) async throws {
        try await kind.withStore { store in
            _ = try await store.commit(StoreChanges(types: [.sum], pauses: [Pausing(type: .sum, isPaused: true)]))
            #expect(try await store.forget(.sum) == false)
            _ = try await store.commit(StoreChanges(pauses: [Pausing(type: .sum, isPaused: false)]))
            // What the same commit adds counts.
            let receipt = try await store.commit(
                StoreChanges(submissions: [.of(.sum, [.text("a", due: .at(50))])], forgettings: [Forgetting(type: .sum)]))
            #expect(receipt.forgettings == [false])
            for task in [Submission.Task.text("waits"), .text("later", due: .at(90))] {
                try await store.submit(.of([task]))
                #expect(try await store.forget(.reverse) == false)
            }
            #expect(try await store.types() == [.reverse, .sum])
        }
    }

    @Test("an idempotency key keeps its type, after its tasks are gone too", arguments: StoreKind.allCases)
    func keys(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.submit(.of(key: "k", [.text("a")], handsOut: true))
            try await store.end(.of(1))
            let tasks = Retention(before: .at(0), keeping: 0, keysSince: .at(0))
            #expect(try await store.prune(tasks, limit: 10) == Pruned(tasks: 1, keys: 0))
            #expect(try await store.forget(.reverse) == false)
            #expect(try await store.submit(.of(key: "k", [.text("a")])).isRepeat)
            #expect(try await store.prune(Retention(before: .at(1), keeping: 0, keysSince: .at(1)), limit: 10) == Pruned(tasks: 0, keys: 1))
            #expect(try await store.forget(.reverse))
        }
    }

    @Test("a type that comes back after it was forgotten is a new one, with a number that none had", arguments: StoreKind.allCases)
    func comesBack(kind: StoreKind) async throws {
        try await kind.withStore { store in
            _ = try await store.commit(StoreChanges(types: [.reverse, .sum]))
            #expect(try await store.forget(.sum))
            // In one commit: forgotten last.
            #expect(try await store.commit(StoreChanges(types: [.sum], forgettings: [Forgetting(type: .sum)])).forgettings == [true])
            try await store.submit(.of(.sum, [.text("a")]))
            #expect(try await store.take(.of(.sum)).handOuts.map(\.task.type) == [.sum])
            #expect(try await store.counts(of: .sum).queued == 1)
            let numbers = try await (store as? SQLiteTaskStore)?.database.read {
                try Int.fetchAll($0, sql: "SELECT id FROM type WHERE id > 0 ORDER BY id")
            }
            #expect(numbers == [1, 4])
        }
    }

    @Test("a store of the last version knows how many tasks each type has")
    func migrates() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let old = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(old, upTo: "4")
            try await old.write { database in
                try database.execute(
                    sql: """
                        UPDATE store SET last_task = 3, pruned = 1, pruned_to = 1;
                        INSERT INTO type (id, name, submitted, succeeded) VALUES (1, 'reverse', 1, 1), (2, 'sum', 2, 2), (3, 'hash', 0, 0);
                        INSERT INTO submission (first, count, key, form, created) VALUES (1, 1, 'a', 0, 1), (2, 2, 'b', 1, 1);
                        INSERT INTO task VALUES (2, 2, 0, 0, 3, NULL, x'61'), (3, 2, 0, 1, 3, NULL, x'61');
                        INSERT INTO ending (id, type, state, attempt, run, completed, worker) VALUES (2, 2, 5, 1, 1, 1, 'w'), (3, 2, 5, 1, 1, 1, 'w');
                        """
                )
            }
            try old.close()
            let store = try await SQLiteTaskStore(path: path)
            let receipt = try await store.commit(
                StoreChanges(forgettings: [Forgetting(type: TaskType(literal: "hash")), Forgetting(type: .reverse), Forgetting(type: .sum)])
            )
            #expect(receipt.forgettings == [true, true, false])
            #expect(try await store.countsOfForgotten().succeeded == 1)
            while try await store.prune(before: .at(50), keeping: 100, limit: 1) > 0 {}
            #expect(try await store.forget(.sum))
            #expect(try await store.countsOfForgotten().succeeded == 3)
            await store.close()
        }
    }
}

extension TaskStore {
    fileprivate func forget(_ type: TaskType) async throws -> Bool {
        var changes = StoreChanges()
        let ticket = changes.forget(type)
        return try await commit(changes)[ticket]
    }
}
