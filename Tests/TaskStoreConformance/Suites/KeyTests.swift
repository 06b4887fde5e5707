import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite("Keys of submissions")
struct KeyTests {
    @Test(arguments: StoreFactory.all)
    func `a key that is used again for something else is told with the type of the first`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of(key: "k", [.text("hello")]))
            let others = [
                NewSubmission.of(.sum, key: "k", [.text("hello")]), .of(key: "k", [.text("other")]),
                .of(key: "k", [.text("hello"), .text("")]),
            ]
            for other in others {
                let conflict = Accepted(first: 1, count: 1, isRepeat: true, conflict: .reverse)
                #expect(try await store.submit(other) == conflict)
            }
            // Settings are no part of what a key stands for.
            #expect(try await store.submit(.of(key: "k", [.text("hello", priority: 9)])) == Accepted(first: 1, count: 1, isRepeat: true))
            #expect(try await store.counts().values.reduce(0) { $0 + $1.submitted } == 1)
        }
    }

    @Test(arguments: StoreFactory.all) func `each user has keys of its own, and a task knows its submitter`(factory: StoreFactory)
        async throws
    {
        try await factory.withStore { store in
            func submit(_ text: String, by user: String) async throws -> Accepted {
                var new = NewSubmission.of(key: "k", [.text(text)])
                new.submission.user = user
                return try await store.submit(new)
            }
            let (ann, bob) = (try await submit("a", by: "ann"), try await submit("b", by: "bob"))
            #expect(ann == Accepted(first: 1, count: 1, isRepeat: false) && bob == Accepted(first: 2, count: 1, isRepeat: false))
            let (again, other) = (try await submit("a", by: "ann"), try await submit("a", by: "bob"))
            #expect(again == Accepted(first: 1, count: 1, isRepeat: true) && other.conflict == .reverse)
            let users = try await store.tasks([1, 2]).map(\.user)
            #expect(users == ["ann", "bob"])
        }
    }

    @Test(arguments: StoreFactory.all) func `a key keeps its content after the payload is gone`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of(key: "k", [.text("hello")], handsOut: true))
            try await store.end(.of(1))
            let retention = Retention(before: .at(50), keeping: 100, keysSince: .at(0))
            #expect(try await store.prune(retention, limit: 10) == Pruned(tasks: 1))
            #expect(try await store.task(1) == nil)
            #expect(try await store.submit(.of(key: "k", [.text("hello")])) == Accepted(first: 1, count: 1, isRepeat: true))
            #expect(try await store.submit(.of(.sum, key: "k", [.text("hello")])).conflict == .reverse)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `the client's fingerprint is taken, whatever the payload has become on its way`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            var first = NewSubmission.of(key: "k", [.text("encrypted")])
            first.submission.fingerprint = Fingerprint("000102030405060708090a0b0c0d0e0f")
            try await store.submit(first)
            var second = NewSubmission.of(key: "k", [.text("otherwise encrypted")])
            second.submission.fingerprint = first.submission.fingerprint
            #expect(try await store.submit(second).conflict == nil)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `the same fingerprint makes no repeat of another type or another number of tasks`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            let fingerprint = Fingerprint("000102030405060708090a0b0c0d0e0f")
            func submit(_ new: NewSubmission) async throws -> Accepted {
                var new = new
                new.submission.fingerprint = fingerprint
                return try await store.submit(new)
            }
            let first = try await submit(.of(key: "k", [.text("one")]))
            let conflict = Accepted(first: first.first, count: 1, isRepeat: true, conflict: .reverse)
            #expect(try await submit(.of(.sum, key: "k", [.text("one")])) == conflict)
            #expect(try await submit(.of(key: "k", [.text("one"), .text("two")])) == conflict)
            #expect(try await submit(.of(key: "k", [.text("one")])).conflict == nil)
            #expect(try await store.counts().values.reduce(0) { $0 + $1.submitted } == 1)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `beyond the number that is kept, the oldest keys without tasks go, and none of the latest hour`(factory: StoreFactory) async throws
    {
        try await factory.withStore { store in
            for number in 1...20 {
                try await store.submit(.of(key: "\(number)", [.text("x")], created: .at(number), handsOut: true))
                try await store.end(.of(TaskID(Int64(number)), completed: .at(number)))
            }
            // An hour ago was after the 15th; a week ago before the first.
            let retention = Retention(before: .at(0), keeping: 3, keysSince: .at(16))
            var gone = Pruned()
            while true {
                let step = try await store.prune(retention, limit: 4)
                if step.isEmpty { break }
                gone.tasks += step.tasks
                gone.keys += step.keys
            }
            #expect(gone == Pruned(tasks: 17, keys: 15))
            for number in 16...20 { #expect(try await store.submit(.of(key: "\(number)", [.text("x")])).isRepeat, "\(number)") }
            #expect(try await !store.submit(.of(key: "15", [.text("x")])).isRepeat)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a retention of less than an hour takes no key that is younger`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of(key: "k", [.text("x")], created: .at(5), handsOut: true))
            try await store.end(.of(1, completed: .at(6)))
            #expect(try await store.prune(Retention(before: .at(90), keeping: 0, keysSince: .at(5)), limit: 9) == Pruned(tasks: 1))
            #expect(try await store.submit(.of(key: "k", [.text("x")])).isRepeat)
            #expect(try await store.prune(Retention(before: .at(90), keeping: 0, keysSince: .at(6)), limit: 9) == Pruned(keys: 1))
        }
    }
}
