import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite struct SearchTests {
    /// Six failed tasks that end a second apart, each with an error of its own.
    private func fill(_ store: any TaskStore) async throws {
        for number in 0..<6 {
            try await store.submit(.of(number < 3 ? .reverse : .sum, [.text("x")], created: .at(number * 1000), handsOut: true))
            var ending = NewEnding.of(
                TaskID(Int64(number + 1)), .failed, type: number < 3 ? .reverse : .sum, completed: .at(number * 1000 + 500))
            ending.error = TaskError(.failed, ["Connection REFUSED", "100% wrong", "1000 wrong", "a_b", "aXb", "back\\slash"][number])
            try await store.end(ending)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `tasks are found by time`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            #expect(try await store.all(TaskFilter(completedSince: .at(2500)), limit: 9).ids == [6, 5, 4, 3])
            #expect(try await store.all(TaskFilter(completedUntil: .at(2500)), limit: 9).ids == [2, 1])
            #expect(try await store.all(TaskFilter(type: .reverse, completedSince: .at(1000)), limit: 9).ids == [3, 2])
            #expect(try await store.all(TaskFilter(createdSince: .at(1000), createdUntil: .at(3000)), limit: 9).ids == [3, 2])
            try await store.submit(.of([.text("open")], created: .at(2000)))
            #expect(try await store.all(TaskFilter(createdSince: .at(4000)), limit: 9).ids == [6, 5])
            #expect(try await store.all(TaskFilter(completedSince: .at(0)), limit: 9).ids.count == 6)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `tasks are found by the text of their error`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            for (text, ids) in [
                ("refused", [1]), ("WRONG", [3, 2]), ("0% w", [2]), ("a_b", [4]), ("\\", [6]), ("failed: a", [5, 4]), ("nothing", []),
            ] as [(String, [TaskID])] {
                #expect(try await store.all(TaskFilter(text: text), limit: 9).ids == ids, "\(text)")
            }
            let page = try await store.tasks(TaskFilter(state: .failed, text: "wrong"), before: 3, limit: 9)
            #expect(page.elements.map(\.error?.message) == ["100% wrong"])
        }
    }
}
