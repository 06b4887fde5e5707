import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite struct ReopeningTests {
    /// 1 failed, 2 cancelled, 3 expired, 4 succeeded, 5 queued, 6 scheduled, 7 pending.
    private func fill(_ store: any TaskStore) async throws {
        try await store.submit(
            .of(
                [.text("1", expires: .at(15)), .text("2"), .text("3", expires: .at(5)), .text("4"), .text("5"), .text("6", due: .at(90))],
                handsOut: true)
        )
        try await store.submit(.of([.text("7")]))
        try await store.end(.of(1, .failed, attempt: 3), .of(2, .cancelled), .of(3, .expired), .of(4))
    }

    @Test(arguments: StoreFactory.all)
    func `a reopened task is pending again`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            #expect(
                try await store.reopen(1, 2, 3) == [
                    .done(.reverse, from: .failed), .done(.reverse, from: .cancelled), .done(.reverse, from: .expired),
                ]
            )
            let record = try #require(try await store.task(1))
            #expect(record.status == .pending && record.due == nil && record.completed == nil)
            #expect(record.error == nil && record.worker == nil && record.result == nil)
            let open = try #require(try await store.open(1))
            #expect(open.failures == 0 && open.interruptions == 0 && open.expires == nil)
            #expect(open.client == "client-1" && open.settings.maxAttempts == 3)
            #expect(try await store.expired(at: .at(1000), limit: 10).isEmpty)
            let counts = try await store.counts(of: .reverse)
            #expect(
                counts.balances && counts.pending == 4 && counts.scheduled == 1 && counts.failed + counts.cancelled + counts.expired == 0)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `the next attempt of a reopened task has a new number`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            // An ending that knows less than the store does not take the number back.
            _ = try await store.commit(StoreChanges(schedules: [Schedule(id: 5, type: .reverse, attempt: 7, due: .at(1))]))
            try await store.end(.of(5, .cancelled, attempt: 2), .of(7, .cancelled, attempt: 0))
            try await store.reopen(1, 3, 5, 7)
            let taken = try await store.take(.of(now: .at(20))).handOuts
            #expect(taken.map(\.task.id) == [1, 3, 5, 7] && taken.map(\.task.attempt) == [4, 2, 8, 1])
            #expect(taken.allSatisfy { !$0.wasScheduled })
            try await store.end(.of(1, .succeeded, attempt: 4))
            #expect(try await store.task(1)?.status == .succeeded)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `reopening a task that the same commit hands out is refused as queued`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            let receipt = try await store.commit(
                StoreChanges(submissions: [.of([.text("1")], handsOut: true)], reopenings: [Reopening(id: 1)])
            )
            #expect(receipt.reopenings == [.refused(.queued)])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a task in another state is not reopened`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            let before = try await store.tasks(TaskFilter(), before: nil, limit: 99)
            #expect(
                try await store.reopen(4, 5, 6, 7, 44) == [
                    .refused(.succeeded), .refused(.queued), .refused(.scheduled), .refused(.pending), .unknown,
                ]
            )
            #expect(try await store.tasks(TaskFilter(), before: nil, limit: 99) == before)
            #expect(try await store.reopen(1) == [.done(.reverse, from: .failed)])
            #expect(try await store.reopen(1) == [.refused(.pending)])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a deleted task is unknown, and the others are counted correctly`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            #expect(try await store.prune(before: .at(0), keeping: 3, limit: 1) == 1)
            #expect(try await store.reopen(1, 2) == [.unknown, .done(.reverse, from: .cancelled)])
            // Two are left that have ended, and none is beyond what is kept.
            #expect(try await store.prune(before: .at(0), keeping: 2, limit: 10) == 0)
            #expect(try await store.prune(before: .at(0), keeping: 1, limit: 10) == 1)
            #expect(try await store.counts(of: .reverse).balances)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `reopened tasks can be handed out with the same commit`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            let changes = StoreChanges(reopenings: [Reopening(id: 2)], takes: [.of(limit: 1, now: .at(20))])
            let receipt = try await store.commit(changes)
            #expect(receipt.takes[0].handOuts.map(\.task.id) == [2] && receipt.takes[0].handOuts.map(\.task.attempt) == [2])
        }
    }
}
