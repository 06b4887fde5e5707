import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite("A store that was closed")
struct ClosingTests {
    @Test(arguments: StoreFactory.all)
    func `a closed store is an error that says so`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a")]))
            await store.close()
            await store.close()
            let write = await #expect(throws: StoreError.self) { try await store.submit(.of([.text("b")])) }
            let read = await #expect(throws: StoreError.self) { _ = try await store.counts() }
            #expect(write?.code == .closed && read?.code == .closed)
        }
    }
}
