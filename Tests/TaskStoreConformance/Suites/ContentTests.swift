import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite("Payloads and results, read as far as asked for") struct ContentTests {
    /// Three tasks with payloads of 100 bytes; the second succeeded with as many.
    private func fill(_ store: any TaskStore) async throws {
        let text = String(repeating: "0123456789", count: 10)
        try await store.submit(.of([.text(text), .text(text), .text(text)], handsOut: true))
        try await store.end(.of(2, result: String(repeating: "abcdefghij", count: 10)))
    }

    @Test(arguments: StoreFactory.all)
    func `a page ends with the task that makes it as large as asked for, and says where to go on`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            let page = try await store.tasks(TaskFilter(), before: nil, limit: 9, content: .all(150))
            #expect(page.elements.map(\.id) == [3, 2] && page.next == 2 && page.elements.allSatisfy { !$0.isCut })
            let named = try await store.tasks([1, 99, 3], content: .all(50))
            #expect(named.elements.map(\.id) == [1] && named.next == 99)
            #expect(named.elements.first?.payload.count == 50 && named.elements.first?.payloadSize == 100)
            let results = try await store.tasks([1, 2, 3], content: .results(40))
            #expect(results.elements.map(\.payload.count) == [0, 0] && results.next == 3)
            #expect(results.elements.last?.result?.count == 40 && results.elements.last?.resultSize == 100)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `parts of a payload or a result are the whole when put together`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await fill(store)
            for part in [ContentQuery.Part.payload, .result] {
                var whole = Data()
                while let next = try await store.content(part, of: 2, from: whole.count, limit: 33), !next.bytes.isEmpty {
                    #expect(next.size == 100)
                    whole += next.bytes
                }
                let task = try await store.task(2)
                #expect(whole == (part == .payload ? task?.payload : task?.result))
            }
            #expect(try await store.content(.result, of: 1, from: 0, limit: 9) == nil)
            #expect(try await store.content(.payload, of: 99, from: 0, limit: 9) == nil)
            #expect(try await store.content(.payload, of: 1, from: .max, limit: .max) == .init(bytes: Data(), size: 100))
        }
    }
}
