import TaskGridCore
import TaskStore
import Testing

/// Which task waits longest.
@Suite("The oldest waiting task")
struct OldestTests {
    @Test(arguments: StoreFactory.all) func `it is the first that was accepted or due and is not handed out`(_ factory: StoreFactory)
        async throws
    {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a", priority: 5), .text("b")], created: .at(10)))
            try await store.submit(.of([.text("later", due: .at(15))], created: .at(11)))
            try await store.submit(.of([.text("c")], created: .at(20)))
            #expect(try await store.oldestWaiting(of: [.reverse], at: .at(30)) == [.reverse: OldestTask(id: 1, since: .at(10))])
            _ = try await store.take(.of(limit: 1, now: .at(30)))
            #expect(try await store.oldestWaiting(of: [.reverse, .sum], at: .at(30)) == [.reverse: OldestTask(id: 1, since: .at(10))])
            _ = try await store.take(.of(limit: 3, now: .at(30)))
            #expect(try await store.oldestWaiting(of: [.reverse], at: .at(30)).isEmpty)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `one whose worker died has waited since then, and one that was retried on request is left out`(_ factory: StoreFactory)
        async throws
    {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a"), .text("b")], created: .at(10), handsOut: true))
            let attempt = Attempt.ended(1, .interrupted, at: .at(20), after: nil, worker: "w", error: nil)
            var changes = StoreChanges(attempts: [EndedAttempt(id: 2, attempt: attempt)])
            changes.schedules = [Schedule(id: 2, type: .reverse, attempt: 1, failures: 0, interruptions: 1, due: nil)]
            _ = try await store.commit(changes)
            #expect(try await store.oldestWaiting(of: [.reverse], at: .at(30)) == [.reverse: OldestTask(id: 2, since: .at(20))])
            _ = try await store.commit(
                StoreChanges(schedules: [Schedule(id: 2, type: .reverse, attempt: 1, failures: 0, interruptions: 0, due: nil)]))
            #expect(try await store.oldestWaiting(of: [.reverse], at: .at(30)).isEmpty)
        }
    }
}
