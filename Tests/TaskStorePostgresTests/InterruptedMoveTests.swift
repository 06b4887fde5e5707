import Foundation
import LocalGrid
import Postgres
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TaskStoreSQLite
import TestSupport
import Testing

@testable import TaskStorePostgres

/// A store that cannot write any more when a copy is complete.
private struct FullSource: StoreSource {
    let source: SQLiteStoreSource

    func move() async throws(StoreError) -> StoreMove? { try await source.move() }

    func begin(_ move: StoreMove) async throws(StoreError) { try await source.begin(move) }

    func finish(_ move: StoreMove, at time: Timestamp) async throws(StoreError) { throw StoreError(.diskFull, "no room") }

    func takeBack(_ move: StoreMove) async throws(StoreError) { try await source.takeBack(move) }

    func contents() async throws(StoreError) -> StoreContents { try await source.contents() }

    func tally() async throws(StoreError) -> StoreTally { try await source.tally() }

    func page(of table: StorePage.Table, after: [Int64]?, maximumLength: Int64) async throws(StoreError) -> StorePage {
        try await source.page(of: table, after: after, maximumLength: maximumLength)
    }
}

extension StoreCopy.Step {
    fileprivate var number: Int {
        switch self {
        case .marked: 0
        case .written: 1
        case .compared: 2
        case .committed: 3
        }
    }
}

@Suite("A move to PostgreSQL that is interrupted", .enabled(if: TestDatabase.isThereOrRequired), .timeLimit(.minutes(10)))
struct InterruptedMoveTests {
    @Test(arguments: [0, 1, 2, 3])
    func `a copy that was killed at any step is finished by the next call`(step: Int) async throws {
        try await Moved.withGrid { moved in
            let kill: @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { (passed) throws(StoreError) in
                if passed.number == step { throw StoreError(.unknown, "killed") }
            }
            #expect(await moved.code { try await moved.copy(kill) } == .unknown)
            #expect(await moved.code { try await SQLiteTaskStore(path: moved.path) } == .moved)
            let outcome = try await moved.copy()
            #expect((outcome.rows == nil) == (step == 3))
            let after = try await open(moved.schema)
            #expect(try await after.ids() == [3, 2, 1])
            await after.close()
            #expect(await moved.code { try await SQLiteTaskStore(path: moved.path) } == .moved)
            #expect(await moved.code { try await moved.copy() } == .moved)
        }
    }

    @Test func `a copy that fails before its commit leaves both stores as they were`() async throws {
        try await Moved.withGrid { moved in
            let fail: @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { (passed) throws(StoreError) in
                if passed == .compared { throw StoreError(.failed, "no more") }
            }
            #expect(await moved.code { try await moved.copy(fail) } == .failed)
            let store = try await SQLiteTaskStore(path: moved.path)
            _ = try await store.beginTerm()
            #expect(try await store.ids() == [3, 2, 1])
            await store.close()
            #expect(try await moved.withDestination { try await !$0.has(moved.move) })
            #expect(!FileManager.default.fileExists(atPath: moved.path + "-copy"))
        }
    }

    @Test(arguments: [0, 1, 2])
    func `a copy that is cancelled at any step before its commit leaves both stores as they were, and says so`(step: Int) async throws {
        try await Moved.withGrid { moved in
            let copying = Task {
                try await moved.copy { passed in
                    if passed.number == step { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            let error = await #expect(throws: StoreError.self) { try await copying.value }
            #expect(error?.message == "the copy was interrupted, and nothing was changed")
            let store = try await SQLiteTaskStore(path: moved.path)
            #expect(try await store.ids() == [3, 2, 1])
            await store.close()
            #expect(try await moved.withDestination { try await !$0.has(moved.move) })
        }
    }

    @Test func `a source that cannot be marked as moved says that the copy is complete, and the next call marks it`() async throws {
        try await Moved.withGrid { moved in
            func copyToFull() async throws {
                let source = try await SQLiteStoreSource(path: moved.path)
                do {
                    _ = try await moved.withDestination {
                        try await StoreCopy(from: FullSource(source: source), to: $0, move: moved.move).run()
                    }
                } catch {
                    await source.close()
                    throw error
                }
                await source.close()
            }
            let error = await #expect(throws: StoreError.self) { try await copyToFull() }
            #expect(error?.code == .diskFull && error?.message.contains("is complete") == true, "\(error?.message ?? "")")
            let outcome = try await moved.copy()
            #expect(outcome.rows == nil)
            #expect(await moved.code { try await SQLiteTaskStore(path: moved.path) } == .moved)
        }
    }

    @Test func `a move that was killed is abandoned only where the database has none of it`() async throws {
        try await Moved.withGrid { moved in
            #expect(try await moved.abandon() == nil)
            let killed: @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { (passed) throws(StoreError) in
                if case .written = passed { throw StoreError(.unknown, "killed") }
            }
            #expect(await moved.code { try await moved.copy(killed) } == .unknown)
            // The server may still be at work for the process that was killed.
            try await moved.withDestination { other in
                let slot = StoreContents.Slot(
                    identity: "x", secret: Data(), epoch: 0, term: 0, lastTask: 0, lastType: 0, pruned: 0, prunedTo: 0, walked: 0, swept: 0,
                    keys: 0, keysOfAll: 0, clock: 0, wall: 0, wallOffset: 0)
                try await other.begin(
                    moved.move, StoreContents(slot: slot, types: [], cursors: [], bulkActions: [], blocks: [:]))
                #expect(await moved.code { try await moved.abandon() } == .locked)
                await other.rollBack()
            }
            #expect(try await moved.abandon()?.schema == moved.schema)
            let store = try await SQLiteTaskStore(path: moved.path)
            await store.close()
            let committed: @Sendable (StoreCopy.Step) throws(StoreError) -> Void = { (passed) throws(StoreError) in
                if passed == .committed { throw StoreError(.unknown, "killed") }
            }
            #expect(await moved.code { try await moved.copy(committed) } == .unknown)
            #expect(await moved.code { try await moved.abandon() } == .moved)
            try await moved.copy()
        }
    }
}
