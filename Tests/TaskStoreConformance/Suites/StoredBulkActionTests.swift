import TaskGridCore
import TaskStore
import Testing

@Suite("Bulk actions in a store")
struct StoredBulkActionTests {
    private func action(_ number: Int, ended: Bool = false) -> BulkAction {
        var action = BulkAction(
            id: "bulk-\(number)", kind: .retry, filter: TaskFilter(type: .sum, errorGroup: ErrorGroup(text: "failed: no #")),
            expected: number,
            started: .at(number))
        if ended { (action.state, action.ended) = (.finished, .at(number + 1)) }
        return action
    }

    @Test(arguments: StoreFactory.all) func `an action is kept as it was written last`(_ factory: StoreFactory) async throws {
        try await factory.withStore { store in
            _ = try await store.commit(StoreChanges(bulkActions: [action(1), action(2)]))
            var changed = action(1)
            (changed.done, changed.before) = (500, 17)
            _ = try await store.commit(StoreChanges(bulkActions: [changed]))
            #expect(try await store.bulkActions() == [action(2), changed])
        }
    }

    @Test(arguments: StoreFactory.all) func `those that have ended are forgotten, the oldest first, and no other`(_ factory: StoreFactory)
        async throws
    {
        try await factory.withStore { store in
            _ = try await store.commit(StoreChanges(bulkActions: [action(0)]))
            let all = (1...BulkAction.maximum + 2).map { action($0, ended: true) }
            _ = try await store.commit(StoreChanges(bulkActions: all))
            #expect(try await store.bulkActions() == all.dropFirst(2).reversed() + [action(0)])
        }
    }
}
