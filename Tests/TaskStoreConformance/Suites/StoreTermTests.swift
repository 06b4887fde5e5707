import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite struct StoreTermTests {
    @Test(arguments: StoreFactory.all)
    func `the changes of an earlier term are refused as a whole`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
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
}
