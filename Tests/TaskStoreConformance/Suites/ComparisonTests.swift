import TaskStore
import Testing

@Suite("Random changes")
struct ComparisonTests {
    @Test(arguments: StoreFactory.all, StoreComparison.seeds)
    func `a store gives the same receipts and the same answers as the model`(factory: StoreFactory, seed: UInt64) async throws {
        try await factory.withStore { store in
            var comparison = StoreComparison(store, seed: seed)
            try await comparison.run(steps: 60)
        }
    }
}
