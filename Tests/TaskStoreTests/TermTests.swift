import Foundation
import GRDB
import TaskGridCore
import Testing

@testable import TaskStore

@Suite struct TermTests {
    @Test(arguments: StoreKind.allCases)
    func whatAnEarlierTermDecidedIsRefusedWhole(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await store.submit(.of([.text("a"), .text("b")], handsOut: true))
            let first = try await store.beginTerm()
            #expect(try await store.commit(StoreChanges(term: first, endings: [.of(1)])).endings == [true])
            let second = try await store.beginTerm()
            #expect(second > first)
            let error = await #expect(throws: StoreError.self) {
                try await store.commit(StoreChanges(term: first, submissions: [.of([.text("c")])], endings: [.of(2)]))
            }
            #expect(error?.code == .superseded)
            let counts = try await store.counts(of: .reverse)
            #expect(counts.submitted == 2 && counts.succeeded == 1 && counts.queued == 1)
            #expect(try await store.commit(StoreChanges(term: second, endings: [.of(2)])).endings == [true])
            // Of a term that never began, too.
            await #expect(throws: StoreError.self) {
                try await store.commit(StoreChanges(term: Term(second.rawValue + 1), submissions: [.of([.text("d")])]))
            }
        }
    }

    @Test func aTermSupersedesThatOfAnotherProcessAndOutlivesIts() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let (active, standby) = (try await SQLiteTaskStore(path: path), try await SQLiteTaskStore(path: path))
            let first = try await active.beginTerm()
            let second = try await standby.beginTerm()
            let error = await #expect(throws: StoreError.self) {
                try await active.commit(StoreChanges(term: first, submissions: [.of([.text("a")])]))
            }
            #expect(error?.code == .superseded && error?.message.contains(path) == true)
            await active.close()
            await standby.close()
            let again = try await SQLiteTaskStore(path: path)
            #expect(try await again.beginTerm() > second)
            await again.close()
        }
    }

    @Test func aStoreOfTheVersionBeforeIsBroughtToThisOne() async throws {
        try await withFolder { folder in
            let path = folder + "/store.db"
            let before = try DatabaseQueue(path: path)
            try Schema.migrator.migrate(before, upTo: "2")
            try await before.write { try $0.execute(sql: "INSERT INTO type (name, submitted, failed) VALUES ('reverse', 3, 3)") }
            try before.close()
            let store = try await SQLiteTaskStore(path: path)
            #expect(try await store.counts(of: .reverse).failed == 3)
            let term = try await store.beginTerm()
            _ = try await store.commit(StoreChanges(term: term, submissions: [.of([.text("a")])]))
            #expect(try await store.counts(of: .reverse).submitted == 4)
            await store.close()
        }
    }
}
