import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite struct HandOutTests {
    @Test(arguments: StoreFactory.all) func `a higher priority goes first, then a lower id`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(
                .of([.text("a"), .text("b", priority: 5), .text("c"), .text("d", priority: 9), .text("e", priority: 5)])
            )
            let first = try await store.take(.of(limit: 3))
            #expect(first.handOuts.map(\.task.id) == [4, 2, 5] && !first.isExhausted)
            #expect(first.handOuts.map { String(decoding: $0.payload, as: UTF8.self) } == ["d", "b", "e"])
            #expect(first.handOuts.allSatisfy { $0.task.attempt == 1 })
            let second = try await store.take(.of(limit: 2))
            #expect(second.handOuts.map(\.task.id) == [1, 3] && second.isExhausted)
            let third = try await store.take()
            #expect(third.handOuts.isEmpty)
            #expect(try await store.counts(of: .reverse).queued == 5)
        }
    }

    @Test(arguments: StoreFactory.all) func `a take stops at its bytes but gives one task at least`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of((1...4).map { _ in .text("12345") }))
            #expect(try await store.take(.of(bytes: 3)).handOuts.map(\.task.id) == [1])
            let taken = try await store.take(.of(bytes: 9))
            #expect(taken.handOuts.map(\.task.id) == [2] && !taken.isExhausted)
            let rest = try await store.take(.of(bytes: 10))
            #expect(rest.handOuts.map(\.task.id) == [3, 4] && rest.isExhausted)
        }
    }

    @Test(arguments: StoreFactory.all) func `a take of no tasks says whether some wait`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            #expect(try await store.take(.of(.sum, limit: 0)).isExhausted)
            try await store.submit(.of([.text("a")]))
            #expect(try await store.take(.of(limit: 0)) == Taken(handOuts: [], isExhausted: false))
            #expect(try await store.types() == [.reverse])
        }
    }

    @Test(arguments: StoreFactory.all) func `ended tasks are not taken`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a"), .text("b"), .text("c", due: .at(5))]))
            try await store.end(.of(1, .cancelled, attempt: 0), .of(3, .cancelled, attempt: 0))
            let taken = try await store.take(.of(now: .at(9)))
            #expect(taken.handOuts.map(\.task.id) == [2] && taken.isExhausted)
        }
    }

    @Test(arguments: StoreFactory.all) func `tasks that are handed out at once are not taken again`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a"), .text("b", due: .at(50)), .text("c", priority: 3)], handsOut: true))
            #expect(try await store.handedOut().map(\.id) == [1, 3])
            #expect(try await store.take().handOuts.isEmpty)
            let counts = try await store.counts(of: .reverse)
            #expect(counts.queued == 2 && counts.scheduled == 1 && counts.pending == 0)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `tasks that are handed out at once do not hide waiting ones`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("waits")]))
            try await store.submit(.of([.text("goes")], handsOut: true))
            var counts = try await store.counts(of: .reverse)
            #expect(counts.pending == 1 && counts.queued == 1)
            #expect(try await store.handedOut().map(\.id) == [2])
            #expect(try await store.task(2)?.attempt == 1)
            #expect(try await store.take().handOuts.map(\.task.id) == [1])
            counts = try await store.counts(of: .reverse)
            #expect(counts.queued == 2 && counts.pending == 0)
        }
    }

    @Test(arguments: StoreFactory.all) func `handed-out tasks come in pages`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of((0..<10).map { .text("\($0)", priority: $0 % 3) }, handsOut: true))
            try await store.submit(.of(.sum, [.text("other")], handsOut: true))
            try await store.submit(.of([.text("waits")]))
            try await store.end(.of(4))
            _ = try await store.commit(
                StoreChanges(schedules: [Schedule(id: 6, type: .reverse, attempt: 1, failures: 1, due: .at(5), error: nil)])
            )
            for limit in 1...12 {
                #expect(try await store.handedOut(limit: limit).map(\.id) == [1, 2, 3, 5, 7, 8, 9, 10], "pages of \(limit)")
                #expect(try await store.handedOut(.sum, limit: limit).map(\.id) == [11], "pages of \(limit)")
            }
            #expect(try await store.take(.of(limit: 1, now: .at(9))).handOuts.map(\.task.id) == [6])
            let handedOut = try await store.handedOut()
            #expect(handedOut.map(\.id) == [1, 2, 3, 5, 6, 7, 8, 9, 10] && handedOut.map(\.attempt) == [1, 1, 1, 1, 2, 1, 1, 1, 1])
        }
    }

    @Test(arguments: StoreFactory.all) func `one commit takes the tasks that it accepts`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            let receipt = try await store.commit(
                StoreChanges(
                    submissions: [.of([.text("a"), .text("b")]), .of(.sum, [.text("c")])], endings: [.of(1, .cancelled, attempt: 0)],
                    takes: [.of(), .of(.sum), .of()]
                )
            )
            #expect(receipt.endings == [true])
            #expect(receipt.takes.map { $0.handOuts.map(\.task.id) } == [[2], [3], []])
            #expect(receipt.takes.map(\.isExhausted) == [true, true, true])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `all takes of a commit share its bytes: once they are used up, the others get nothing and are not exhausted`(factory: StoreFactory)
        async throws
    {
        try await factory.withStore { store in
            let types = try ["a", "b", "c"].map { try TaskType($0) }
            for type in types { try await store.submit(.of(type, [.text("12345"), .text("67890")])) }
            let takes = types.map { Take.of($0) }
            let first = try await store.commit(StoreChanges(takes: takes, takenBytes: 12))
            #expect(first.takes.map(\.handOuts.count) == [2, 1, 0] && first.takes.map(\.isExhausted) == [true, false, false])
            let second = try await store.commit(StoreChanges(takes: takes.reversed(), takenBytes: 1))
            #expect(second.takes.map(\.handOuts.count) == [1, 0, 0] && second.takes.map(\.isExhausted) == [false, false, false])
            #expect(try await store.counts(of: types[2]).queued == 1)
        }
    }

    @Test(arguments: StoreFactory.all) func `counts and due times of some types are those of all`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            for number in 0..<20 {
                let tasks: [Submission.Task] = [.text("a"), .text("b", priority: 3), .text("c", due: .at(50 + number))]
                try await store.submit(.of(TaskType("t\(number)"), tasks, handsOut: number % 2 == 0))
            }
            let (all, dues) = (try await store.counts(), try await store.nextDue())
            #expect(all.count == 20 && dues.count == 20)
            let some = Set(try ["t3", "t4", "t19"].map { try TaskType($0) })
            #expect(try await store.counts(of: some) == all.filter { some.contains($0.key) })
            #expect(try await store.nextDue(of: some.union([.sum])) == dues.filter { some.contains($0.key) })
            let (waiting, out) = (try TaskType("t3"), try TaskType("t4"))
            #expect(all[waiting]?.pending == 2 && all[out]?.queued == 2)
        }
    }
}
