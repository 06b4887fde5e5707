import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite struct StoreQueryTests {
    /// reverse: 1 succeeded, 2 failed, 3 queued, 4 scheduled, 5 pending, 6 cancelled, 7 queued again; sum: 8 queued, 9 expired.
    private func fill(_ store: any TaskStore) async throws {
        try await store.submit(.of([.text("1"), .text("2"), .text("3"), .text("4", due: .at(90))], handsOut: true))
        try await store.submit(.of([.text("5", priority: 1), .text("6", priority: 1), .text("7", due: .at(1))]))
        try await store.submit(.of(.sum, [.text("8"), .text("9")], handsOut: true))
        try await store.end(
            .of(1), .of(2, .failed), .of(6, .cancelled, attempt: 0), .of(9, .expired, type: .sum, attempt: 0)
        )
        #expect(try await store.take(.of(limit: 1, now: .at(1))).handOuts.map(\.task.id) == [7])
    }

    @Test(arguments: StoreFactory.all)
    func `tasks are listed by state`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            let expected: [TaskState: [TaskID]] = [
                .pending: [5], .scheduled: [4], .queued: [8, 7, 3], .running: [8, 7, 3], .succeeded: [1], .failed: [2], .cancelled: [6],
                .expired: [9],
            ]
            for (state, ids) in expected {
                #expect(try await store.ids(state: state) == ids, "\(state)")
                #expect(try await store.ids(type: .reverse, state: state) == ids.filter { $0 < 8 }, "\(state)")
                let shown = state == .running ? .queued : state
                let page = try await store.tasks(TaskFilter(state: state), before: nil, limit: 9)
                #expect(page.elements.allSatisfy { $0.status == shown } && page.next == nil)
            }
        }
    }

    @Test(arguments: StoreFactory.all)
    func `pages of tasks come newest first`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            #expect(try await store.ids(limit: 4) == [9, 8, 7, 6])
            #expect(try await store.ids(before: 6, limit: 3) == [5, 4, 3])
            #expect(try await store.ids(type: .reverse, limit: 3) == [7, 6, 5])
            #expect(try await store.ids(type: .reverse, before: 5) == [4, 3, 2, 1])
            #expect(try await store.ids(state: .queued, before: 8, limit: 1) == [7])
            #expect(try await store.ids(type: TaskType(literal: "unheard")) == [])
            #expect(try await store.ids(limit: 0) == [])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `the tasks of each state are counted`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            let counts = try await store.counts()
            var reverse = TaskCounts()
            (reverse.submitted, reverse.pending, reverse.scheduled, reverse.queued) = (7, 1, 1, 2)
            (reverse.succeeded, reverse.failed, reverse.cancelled) = (1, 1, 1)
            #expect(counts[.reverse] == reverse)
            var sum = TaskCounts()
            (sum.submitted, sum.queued, sum.expired) = (2, 1, 1)
            #expect(counts[.sum] == sum)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `tasks come in the requested order, without unknown ones`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            #expect(try await store.tasks([9, 44, 1, 5]).map(\.id) == [9, 1, 5])
            #expect(try await store.task(44) == nil)
            #expect(try await store.open(44) == nil)
            #expect(try await store.open(5)?.attempt == 0)
            #expect(try await store.open(3)?.attempt == 1)
        }
    }
}
