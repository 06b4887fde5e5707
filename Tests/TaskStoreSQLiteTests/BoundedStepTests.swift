import Foundation
import TaskGridCore
import TaskStore
import TaskStoreConformance
import Testing

@testable import TaskStoreSQLite

@Suite("Steps that look at a bounded number of tasks")
struct BoundedStepTests {
    /// Of many types a few ids each are read: a page of each state is right all the same, and so is what follows.
    @Test func `of very many types each step reads a bounded number of tasks, and none is left out`() async throws {
        try await StoreFactory.sqliteInMemory.withStore { store in
            let types = 1000
            let many = try TaskType("t0")
            var submissions = try (0..<types).map { number in
                NewSubmission.of(try TaskType("t\(number)"), (0..<3).map { .text("x", due: $0 == 0 ? .at(90) : nil) })
            }
            submissions.append(.of(many, (0..<40).map { _ in .text("x", due: .at(90)) }))
            _ = try await store.commit(StoreChanges(submissions: submissions))
            let scheduled = try await store.all(TaskFilter(state: .scheduled), limit: 5000)
            #expect(scheduled.ids.count == types + 40)
            #expect(scheduled.ids == Set(scheduled.ids).sorted(by: >) && scheduled.pages > 1)
            let pending = try await store.all(TaskFilter(state: .pending), limit: 5000)
            #expect(pending.ids.count == 2 * types)
            #expect(pending.ids == Set(pending.ids).sorted(by: >))
            #expect(try await store.ids(type: many, state: .scheduled).count == 41)
        }
    }

    @Test func `a search goes through many tasks in bounded steps`() async throws {
        try await StoreFactory.sqliteInMemory.withStore { store in
            let count = 12_000
            try await store.submit(.of((0..<count).map { .text("\($0)") }, handsOut: true))
            let endings = (1...count).map { number in
                var ending = NewEnding.of(TaskID(Int64(number)), .failed)
                if number == 17 || number == 18 { ending.error = TaskError(.failed, "the needle") }
                return ending
            }
            _ = try await store.commit(StoreChanges(endings: endings))
            let first = try await store.ids(TaskFilter(state: .failed, text: "needle"), before: nil, limit: 10)
            #expect(first.elements.isEmpty && first.next != nil, "one call does not look at them all")
            let found = try await store.all(TaskFilter(type: .reverse, state: .failed, text: "needle"), limit: 10)
            #expect(found.ids == [18, 17] && found.pages == 3)
            #expect(try await store.all(TaskFilter(text: "needle"), limit: 1).ids == [18, 17])
        }
    }

    /// One call walks over so many endings of others at most, and says where to go on.
    @Test func `a search finds the few successes among many tasks`() async throws {
        try await StoreFactory.sqliteInMemory.withStore { store in
            let many = 30_000
            try await store.submit(.of(.sum, [.text("a"), .text("b")], handsOut: true))
            try await store.submit(.of((0..<many).map { _ in .text("x") }, handsOut: true))
            try await store.submit(.of(.sum, [.text("c"), .text("d")], handsOut: true))
            try await store.submit(.of((0..<many).map { _ in .text("x") }, handsOut: true))
            let ends = (1...Int64(2 * many + 4)).map { id in
                let isSum = id < 3 || (many + 3...many + 4).contains(Int(id))
                return NewEnding.of(TaskID(id), id == 2 ? .failed : .succeeded, type: isSum ? .sum : .reverse)
            }
            _ = try await store.commit(StoreChanges(endings: ends))
            let last = [TaskID(Int64(many + 4)), TaskID(Int64(many + 3))]
            let succeeded = try await store.all(TaskFilter(type: .sum, state: .succeeded), limit: 9)
            #expect(succeeded.ids == last + [1] && succeeded.pages == 2)
            // One of another state that lies where the walk has not come is not told before what may lie between.
            let all = try await store.all(TaskFilter(type: .sum), limit: 9)
            #expect(all.ids == last + [2, 1] && all.pages == 2)
            #expect(try await store.all(TaskFilter(type: .sum), limit: 2).ids == last + [2, 1])
            #expect(try await store.all(TaskFilter(type: .sum, text: "could not"), limit: 9).ids == [2])
            #expect(try await store.ids(state: .succeeded, limit: 3).count == 3)
        }
    }

    /// A hundred times as many endings of tasks that lived long as a step may look at stand before an old one.
    @Test func `tasks that lived long do not keep the others`() async throws {
        try await StoreFactory.sqliteInMemory.withStore { store in
            try await store.submit(.of((1...2001).map { .text("\($0)") }, created: .at(1), handsOut: true))
            let endings = (1...2000).map { NewEnding.of(TaskID(Int64($0)), completed: .at(90)) } + [.of(2001, completed: .at(10))]
            _ = try await store.commit(StoreChanges(endings: endings))
            var steps = 0
            var removed = 0
            while removed == 0, steps < 101 {
                steps += 1
                removed += try await store.prune(before: .at(40), keeping: 5000, limit: 1)
            }
            #expect(removed == 1 && steps == 101)
            #expect(try await store.task(2001) == nil)
            #expect(try await store.ids(limit: 5000).count == 2000)
        }
    }
}
