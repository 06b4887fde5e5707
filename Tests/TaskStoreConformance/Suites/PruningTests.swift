import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite struct PruningTests {
    @Test(arguments: StoreFactory.all)
    func `old ended tasks are deleted in small steps`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of(key: "k", (1...6).map { .text("\($0)") }, handsOut: true))
            for id in 1...5 { try await store.end(.of(TaskID(Int64(id)), completed: .at(id * 10))) }
            #expect(try await store.prune(before: .at(40), keeping: 100, limit: 2) == 2)
            #expect(try await store.ids() == [6, 5, 4, 3])
            #expect(try await store.prune(before: .at(40), keeping: 100, limit: 2) == 1)
            #expect(try await store.prune(before: .at(40), keeping: 100, limit: 2) == 0)
            #expect(try await store.ids() == [6, 5, 4])
            let counts = try await store.counts(of: .reverse)
            #expect(counts.succeeded == 5 && counts.queued == 1 && counts.balances)
            #expect(try await store.end(.of(1)) == [false])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `only the tasks that were accepted last are kept`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of((1...6).map { .text("\($0)") }, handsOut: true))
            for id in 1...5 { try await store.end(.of(TaskID(Int64(id)), completed: .at(100 - id))) }
            #expect(try await store.prune(before: .at(0), keeping: 2, limit: 100) == 3)
            #expect(try await store.ids() == [6, 5, 4])
            #expect(try await store.prune(before: .at(0), keeping: 2, limit: 100) == 0)
            #expect(try await store.prune(before: .at(0), keeping: 0, limit: 100) == 2)
        }
    }

    /// While one of them is open, the others are pruned: their ids are in a range of open ones, and still nothing ends twice.
    @Test(arguments: StoreFactory.all)
    func `a task that is deleted beside an open one does not end again`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of((1...4).map { .text("\($0)") }, handsOut: true))
            for id in [1, 2, 4] { try await store.end(.of(TaskID(Int64(id)), completed: .at(10))) }
            #expect(try await store.prune(before: .at(40), keeping: 5000, limit: 10) == 3)
            let endings = (1...4).map { NewEnding.of(TaskID(Int64($0)), .failed, completed: .at(50)) }
            #expect(try await store.commit(StoreChanges(endings: endings)).endings == [false, false, true, false])
            #expect(try await store.commit(StoreChanges(endings: endings)).endings == [false, false, false, false])
            let counts = try await store.counts(of: .reverse)
            #expect(counts.succeeded == 3 && counts.failed == 1 && counts.balances)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a key outlives its tasks until it is old itself`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            let submission = NewSubmission.of(key: "k", [.text("a"), .text("b")], created: .at(50), handsOut: true)
            try await store.submit(submission)
            try await store.end(.of(1, completed: .at(60)), .of(2, completed: .at(61)))
            #expect(try await store.prune(before: .at(40), keeping: 0, limit: 10) == 2)
            #expect(try await store.submit(submission) == Accepted(first: 1, count: 2, isRepeat: true))
            #expect(try await store.prune(before: .at(51), keeping: 0, limit: 10) == 0)
            #expect(try await store.submit(submission) == Accepted(first: 3, count: 2, isRepeat: false))
        }
    }

    @Test(arguments: StoreFactory.all)
    func `the key of an open task stays`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            let open = NewSubmission.of(key: "open", [.text("a"), .text("b")], handsOut: true)
            let ended = NewSubmission.of(key: "ended", [.text("c")], handsOut: true)
            _ = try await store.commit(StoreChanges(submissions: [open, ended], endings: [.of(1), .of(3)]))
            // One key is looked at in each step: the second is come to although the first stays.
            #expect(try await store.prune(before: .at(99), keeping: 0, limit: 1) == 1)
            #expect(try await store.prune(before: .at(99), keeping: 0, limit: 1) == 1)
            #expect(try await store.prune(before: .at(99), keeping: 0, limit: 1) == 0)
            #expect(try await store.prune(before: .at(99), keeping: 0, limit: 1) == 0)
            #expect(try await store.submit(open).isRepeat)
            #expect(try await store.submit(ended).isRepeat == false)
            #expect(try await store.task(2)?.key == "open/1")
        }
    }

    @Test(arguments: StoreFactory.all)
    func `steps come to what may go behind all that must stay, as long as they say that they go on`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            for number in 1...6 { try await store.submit(.of(key: "\(number)", [.text("x")], handsOut: true)) }
            try await store.end(.of(6))
            var (steps, gone) = (0, Pruned(goesOn: true))
            while gone.goesOn {
                // Two keys are looked at in each, and the first four are those of open tasks.
                let step = try await store.prune(Retention(before: .at(99), keeping: 0, keysSince: .at(99)), limit: 2)
                gone = Pruned(tasks: gone.tasks + step.tasks, keys: gone.keys + step.keys, goesOn: !step.isEmpty || step.goesOn)
                steps += 1
            }
            #expect(gone == Pruned(tasks: 1, keys: 1) && steps <= 4)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `ids are not used again`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            try await store.end(.of(1))
            #expect(try await store.prune(before: .at(99), keeping: 0, limit: 10) == 1)
            #expect(try await store.ids().isEmpty)
            #expect(try await store.submit(.of([.text("b")])).first == 2)
        }
    }
}
