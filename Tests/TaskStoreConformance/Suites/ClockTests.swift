import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite("Times of a store")
struct ClockTests {
    @Test(arguments: StoreFactory.all)
    func `a task that has expired when it is accepted ends at once, and is neither handed out nor open`(factory: StoreFactory) async throws
    {
        try await factory.withStore { store in
            let tasks = [
                Submission.Task.text("runs"), .text("past", expires: .at(99)), .text("now", expires: .at(100)),
                .init(payload: .init(), settings: TaskSettings(delay: .seconds(5), expiry: .zero)), .text("later", expires: .at(101)),
            ]
            for handsOut in [false, true] {
                try await store.submit(.of(tasks, created: .at(100), handsOut: handsOut))
            }
            #expect(try await store.ids(state: .expired) == [9, 8, 7, 4, 3, 2])
            #expect(try await store.take(.of(now: .at(100))).handOuts.map(\.task.id) == [1, 5])
            let record = try #require(try await store.task(2))
            #expect(record.status == .expired && record.completed == .at(100) && record.attempt == 0 && record.error == .expiry)
            #expect(try await store.counts(of: .reverse).balances)
            #expect(try await store.end(.of(2)) == [false])
            #expect(try await store.open(2) == nil)
            #expect(try await store.reopen(2) == [.done(.reverse, from: .expired)])
            #expect(try await store.take(.of(now: .at(100))).handOuts.map(\.task.id) == [2])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `durations count from the acceptance, and absolute times follow the wall clock`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            // The wall clock is a second ahead.
            var new = NewSubmission.of(
                [
                    .init(payload: .init(), settings: TaskSettings(delay: .seconds(5), expiry: .seconds(60))),
                    .text("at", due: .at(5000), expires: .at(60_000)),
                    .text("past", due: .at(900)), .text("soon", due: .at(1001)),
                ], created: .at(0)
            )
            new.wallOffset = .seconds(1)
            try await store.submit(new)
            func times(_ id: TaskID) async throws -> [Timestamp?] {
                let task = try await store.task(id)
                return [task?.due, task?.expires]
            }
            #expect(try await times(1) == [.at(5000), .at(60_000)])
            #expect(try await times(2) == [.at(4000), .at(59_000)])
            #expect(try await times(3) == [nil, nil])
            #expect(try await times(4) == [.at(1), nil])
            // It is set back by an hour.
            #expect(try await store.alignedOffset() == .zero)
            var last: TaskID?
            var steps = 0
            repeat {
                last = try await store.align(.seconds(-3599), after: last, limit: 1)
                steps += 1
            } while last != nil
            #expect(steps == 3)
            #expect(try await store.alignedOffset() == .seconds(-3599))
            #expect(try await times(1) == [.at(5000), .at(60_000)])
            #expect(try await times(2) == [.at(3_604_000), .at(3_659_000)])
            #expect(try await store.nextDue() == [.reverse: .at(5000)])
            // A retry counts from now, whatever the task was due at first.
            _ = try await store.take(.of(limit: 9, now: .at(3_604_000)))
            _ = try await store.commit(StoreChanges(schedules: [.init(id: 2, type: .reverse, attempt: 1, due: .at(7000))]))
            #expect(try await store.align(.zero, after: nil, limit: 9) == 2)
            #expect(try await times(2) == [.at(7000), .at(60_000)])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a scheduled task whose time lies before the clock's beginning stays scheduled, and is due at once`(factory: StoreFactory)
        async throws
    {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a", due: .at(5000))], created: .at(0)))
            _ = try await store.align(.milliseconds(Timestamp.at(5000).rawValue), after: nil, limit: 9)
            #expect(try await store.counts(of: .reverse).scheduled == 1)
            #expect(try await store.nextDue() == [.reverse: Timestamp(rawValue: 1)])
            #expect(try await store.take(.of(now: .at(1))).handOuts.map(\.wasScheduled) == [true])
        }
    }

    @Test(arguments: StoreFactory.all) func `the clock is kept, and does not go back`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            #expect(try await store.clock() == nil)
            let reading = StoreClockReading(clock: .at(500), wall: .at(400))
            _ = try await store.commit(StoreChanges(clock: reading, types: [.sum]))
            #expect(try await store.clock() == reading)
            try await store.submit(.of([.text("a")]))
            _ = try await store.commit(StoreChanges(clock: .init(clock: .at(300), wall: .at(300)), types: [.reverse]))
            #expect(try await store.clock() == StoreClockReading(clock: .at(500), wall: .at(300)))
        }
    }
}
