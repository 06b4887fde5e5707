import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite struct ScheduleTests {
    @Test(arguments: StoreFactory.all)
    func `due tasks go before pending ones, the longest due first`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(
                .of([.text("a", due: .at(30)), .text("b", due: .at(20)), .text("c", priority: 9), .text("d", due: .at(40))])
            )
            #expect(try await store.nextDue() == [.reverse: .at(20)])
            let taken = try await store.take(.of(now: .at(30)))
            #expect(taken.handOuts.map(\.task.id) == [2, 1, 3] && taken.isExhausted)
            #expect(taken.handOuts.map(\.task.attempt) == [1, 1, 1])
            #expect(try await store.nextDue() == [.reverse: .at(40)])
            #expect(try await store.take(.of(limit: 0, now: .at(40))).isExhausted == false)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a retry is handed out under the next number`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            for attempt in 1...3 {
                let schedule = Schedule(
                    id: 1, type: .reverse, attempt: attempt, failures: attempt, interruptions: 1, due: .at(attempt * 10),
                    error: TaskError(.timedOut, "too slow")
                )
                _ = try await store.commit(StoreChanges(schedules: [schedule]))
                let record = try #require(try await store.task(1))
                #expect(record.status == .scheduled && record.due == .at(attempt * 10) && record.attempt == attempt)
                #expect(record.error == TaskError(.timedOut, "too slow"))
                #expect(try await store.take(.of(now: .at(attempt * 10 - 1))).handOuts.isEmpty)
                let handOut = try #require(try await store.take(.of(now: .at(attempt * 10))).handOuts.first)
                #expect(handOut.task.attempt == attempt + 1 && handOut.task.failures == attempt && handOut.task.interruptions == 1)
                #expect(try await store.handedOut() == [handOut.task])
                #expect(try await store.open(1) == handOut.task)
            }
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a schedule never goes back behind a known attempt`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            _ = try await store.commit(
                StoreChanges(schedules: [Schedule(id: 1, type: .reverse, attempt: 0, due: .at(1))], takes: [.of(now: .at(1))])
            )
            #expect(try await store.open(1)?.attempt == 2)
            _ = try await store.commit(StoreChanges(schedules: [Schedule(id: 1, type: .reverse, attempt: 1, due: .at(1))]))
            #expect(try await store.take(.of(now: .at(1))).handOuts.map(\.task.attempt) == [3])
            _ = try await store.commit(StoreChanges(schedules: [Schedule(id: 1, type: .reverse, attempt: 8, due: .at(1))]))
            #expect(try await store.take(.of(now: .at(1))).handOuts.map(\.task.attempt) == [9])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a later schedule replaces the earlier one`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a")]))
            let changes = StoreChanges(schedules: [
                Schedule(id: 1, type: .reverse, attempt: 0, due: .at(1)), Schedule(id: 1, type: .reverse, attempt: 0, due: .at(50)),
                Schedule(id: 99, type: .reverse, attempt: 1, due: .at(1)),
            ])
            _ = try await store.commit(changes)
            #expect(try await store.nextDue() == [.reverse: .at(50)])
            let counts = try await store.counts(of: .reverse)
            #expect(counts.scheduled == 1 && counts.balances)
            #expect(try await store.take(.of(now: .at(49))) == Taken(handOuts: [], isExhausted: true))
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a due time that has passed at acceptance is no schedule`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a", due: .at(10))], created: .at(10)))
            #expect(try await store.task(1)?.status == .pending)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `expired tasks come earliest first`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(
                .of([.text("a", expires: .at(30)), .text("b", expires: .at(20)), .text("c"), .text("d", expires: .at(40))])
            )
            try await store.submit(.of(.sum, [.text("e", expires: .at(5))], handsOut: true))
            let expired = try await store.expired(at: .at(30), limit: 10)
            #expect(expired.map(\.id) == [5, 2, 1])
            #expect(expired.map(\.attempt) == [1, 0, 0] && expired[0].type == .sum)
            #expect(try await store.expired(at: .at(30), limit: 1).map(\.id) == [5])
        }
    }
}
