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

    @Test(arguments: StoreKind.allCases)
    func findsByTime(kind: StoreKind) async throws {
        try await kind.withStore { store in
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

    @Test(arguments: StoreKind.allCases)
    func findsByTheTextOfTheError(kind: StoreKind) async throws {
        try await kind.withStore { store in
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

    @Test(arguments: StoreKind.allCases)
    func goesThroughManyInBoundedSteps(kind: StoreKind) async throws {
        try await kind.withStore { store in
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
    @Test func findsTheFewThatSucceededAmongMany() async throws {
        try await StoreKind.memory.withStore { store in
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
}
