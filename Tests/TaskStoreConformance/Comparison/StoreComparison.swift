import TaskGridCore
package import TaskStore
import TestSupport
import Testing

/// Applies random changes to a store and to the model: both give the same receipts, and the same answers to every read.
package struct StoreComparison {
    let model = ModelTaskStore()
    var store: any TaskStore
    /// Opens a store anew that was closed; nil where it has gone then.
    private let reopen: (() async throws -> any TaskStore)?
    private let seed: UInt64
    var random: Seeded
    /// The time, in milliseconds after the first.
    var now = 0
    var lastTask: Int64 = 0
    var submissions: [NewSubmission] = []
    /// Each hand-out ever given, by id and attempt.
    private var given: Set<[Int64]> = []
    let types: [TaskType] = [.reverse, .sum, TaskType(literal: "hash")]

    /// Seeds of a run's comparisons: `TASKGRID_TEST_SEED`, else three that never are the same.
    package static let seeds: [UInt64] = Seeded.seeds.suffix(3)

    package init(_ store: any TaskStore, seed: UInt64, reopen: (() async throws -> any TaskStore)? = nil) {
        self.store = store
        self.reopen = reopen
        self.seed = seed
        random = Seeded(seed: seed)
    }

    /// Leaves the store closed where it can be opened anew.
    package mutating func run(steps: Int) async throws {
        for step in 0..<steps {
            now += random.number(0...20)
            let comment = Comment("TASKGRID_TEST_SEED=\(seed), step \(step)")
            if let reopen, random.once(in: 20) {
                await store.close()
                store = try await reopen()
            }
            switch random.number(0...15) {
            case 0, 1: try await prune(comment)
            case 2: try await align(comment)
            case 3: try await beginTerm(comment)
            default: try await commit(comment)
            }
            try await compareCounters(comment)
            try await compareTasks(comment)
        }
        if reopen != nil { await store.close() }
    }

    /// The record is in another store now, which skips some ids.
    package mutating func goOn(with store: any TaskStore, skipping ids: Int64) async {
        self.store = store
        await model.skip(ids)
    }

    private mutating func prune(_ comment: Comment) async throws {
        let before = Timestamp.at(now - random.number(0...200))
        let retention = Retention(
            before: before, keeping: random.number(5...80), keysSince: random.coin() ? before : .at(now - random.number(0...200))
        )
        let (found, expected) = (try await store.prune(retention, limit: 10_000), try await model.prune(retention, limit: 10_000))
        #expect(found == expected, comment)
    }

    private mutating func align(_ comment: Comment) async throws {
        let offset = Duration.milliseconds(random.number(-50...50))
        var after: TaskID?
        repeat {
            let next = try await store.align(offset, after: after, limit: 7)
            #expect(try await model.align(offset, after: after, limit: 7) == next, comment)
            after = next
        } while after != nil
        #expect(try await store.alignedOffset() == offset, comment)
    }

    /// A commit that was decided in the term before is refused.
    private mutating func beginTerm(_ comment: Comment) async throws {
        let terms = (try await store.beginTerm(), try await model.beginTerm())
        let late = [Term(terms.0.rawValue - 1), Term(terms.1.rawValue - 1)]
        #expect(await code { try await store.commit(StoreChanges(term: late[0], types: types)) } == .superseded, comment)
        #expect(await code { try await model.commit(StoreChanges(term: late[1], types: types)) } == .superseded, comment)
    }

    private mutating func commit(_ comment: Comment) async throws {
        let changes = changes()
        if changes.endings.contains(where: { !$0.state.isTerminal }) {
            #expect(await code { try await store.commit(changes) } == .badRequest, comment)
            #expect(await code { try await model.commit(changes) } == .badRequest, comment)
            return
        }
        let (receipt, expected) = (try await store.commit(changes), try await model.commit(changes))
        #expect(receipt == expected, comment)
        for accepted in receipt.submissions where !accepted.isRepeat {
            lastTask = max(lastTask, accepted.first.rawValue + Int64(accepted.count) - 1)
        }
        for handOut in receipt.takes.flatMap(\.handOuts) {
            #expect(given.insert([handOut.task.id.rawValue, Int64(handOut.task.attempt)]).inserted, comment)
        }
    }

    private func code(_ body: () async throws -> StoreReceipt) async -> StoreError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }
}
