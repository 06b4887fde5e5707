import Synchronization
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import TaskStorePostgres

/// A store whose state in memory is compared with its rows after each change.
private struct ComparedStore: ForwardingTaskStore {
    /// Counts comparisons that were made.
    final class Count: Sendable {
        let value = Atomic(0)
    }

    let postgres: PostgresTaskStore
    let count: Count

    var store: any TaskStore { postgres }

    private func compare() async {
        do {
            guard let contents = try await postgres.writer.contents() else { return }
            #expect(contents.memory == contents.rows)
            count.value.add(1, ordering: .relaxed)
        } catch {
            Issue.record("the rows were not read: \(error)")
        }
    }

    func commit(_ changes: StoreChanges, mayBlock: Bool) async throws(StoreError) -> StoreReceipt {
        do throws(StoreError) {
            let receipt = try await store.commit(changes, mayBlock: mayBlock)
            await compare()
            return receipt
        } catch {
            await compare()
            throw error
        }
    }

    func prune(_ retention: Retention, limit: Int) async throws(StoreError) -> Pruned {
        let pruned = try await store.prune(retention, limit: limit)
        await compare()
        return pruned
    }

    func align(_ wallOffset: Duration, after: TaskID?, limit: Int) async throws(StoreError) -> TaskID? {
        let next = try await store.align(wallOffset, after: after, limit: limit)
        await compare()
        return next
    }
}

/// Two stores of one schema, of which each call takes one; the first one's dispatcher has the term.
private final class AlternatingStore: ForwardingTaskStore {
    private let stores: [PostgresTaskStore]
    private let random: Mutex<Seeded>

    init(_ stores: PostgresTaskStore..., seed: UInt64) {
        self.stores = stores
        random = Mutex(Seeded(seed: seed))
    }

    var store: any TaskStore { random.withLock { $0.one(of: stores) } }

    func beginTerm() async throws(StoreError) -> Term { try await stores[0].beginTerm() }

    func prune(_ retention: Retention, limit: Int) async throws(StoreError) -> Pruned {
        try await stores[0].prune(retention, limit: limit)
    }

    func align(_ wallOffset: Duration, after: TaskID?, limit: Int) async throws(StoreError) -> TaskID? {
        try await stores[0].align(wallOffset, after: after, limit: limit)
    }
}

@Suite("The state in memory and the rows", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(10)))
struct StateInRowsTests {
    @Test(arguments: StoreComparison.seeds)
    func `after each change the state in memory is what the rows say`(seed: UInt64) async throws {
        let schema = uniqueSchema()
        let count = ComparedStore.Count()
        var comparison = StoreComparison(ComparedStore(postgres: try await open(schema), count: count), seed: seed) {
            ComparedStore(postgres: try await open(schema), count: count)
        }
        try await comparison.run(steps: 40)
        #expect(count.value.load(ordering: .relaxed) > 0)
        try await drop(schema)
    }

    @Test(arguments: StoreComparison.seeds)
    func `a store believes nothing that another one has changed`(seed: UInt64) async throws {
        let schema = uniqueSchema()
        let stores = (try await open(schema), try await open(schema))
        var comparison = StoreComparison(AlternatingStore(stores.0, stores.1, seed: seed), seed: seed)
        try await comparison.run(steps: 40)
        await stores.0.close()
        await stores.1.close()
        try await drop(schema)
    }
}
