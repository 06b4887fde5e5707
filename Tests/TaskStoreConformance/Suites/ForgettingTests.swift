import TaskGridCore
import TaskStore
import Testing

@Suite("Forgetting types")
struct ForgettingTests {
    @Test(arguments: StoreFactory.all)
    func `a type that has nothing is forgotten, its counters move to those of the forgotten ones, and the sum stays`(factory: StoreFactory)
        async throws
    {
        try await factory.withStore { store in
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

    @Test(arguments: StoreFactory.all)
    func `a type with waiting, scheduled or handed-out tasks or a pause is not forgotten`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            _ = try await store.commit(StoreChanges(types: [.sum], pauses: [Pausing(type: .sum, pause: Pause())]))
            #expect(try await store.forget(.sum) == false)
            _ = try await store.commit(StoreChanges(pauses: [Pausing(type: .sum, pause: nil)]))
            // Additions of the same commit count.
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

    @Test(arguments: StoreFactory.all)
    func `an idempotency key keeps its type, after its tasks are gone too`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
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

    @Test(arguments: StoreFactory.all)
    func `a type that comes back after it was forgotten is a new one`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            _ = try await store.commit(StoreChanges(types: [.reverse, .sum]))
            #expect(try await store.forget(.sum))
            // In one commit: forgotten last.
            #expect(try await store.commit(StoreChanges(types: [.sum], forgettings: [Forgetting(type: .sum)])).forgettings == [true])
            try await store.submit(.of(.sum, [.text("a")]))
            #expect(try await store.take(.of(.sum)).handOuts.map(\.task.type) == [.sum])
            #expect(try await store.counts(of: .sum).queued == 1)
        }
    }
}
