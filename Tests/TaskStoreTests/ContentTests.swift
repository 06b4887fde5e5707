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

    @Test("a page ends with the task that makes it as large as asked for, and says where to go on", arguments: StoreKind.allCases)
    func pages(kind: StoreKind) async throws {
        try await kind.withStore { store in
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

    @Test("parts of a payload or a result are the whole when put together", arguments: StoreKind.allCases)
    func parts(kind: StoreKind) async throws {
        try await kind.withStore { store in
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

    /// Of many types a few ids each are read: a page of each state is right all the same, and so is what follows.
    @Test("of very many types each step reads a bounded number of tasks, and none is left out")
    func manyTypes() async throws {
        try await StoreKind.memory.withStore { store in
            let types = 1000
            let many = try TaskType("t0")
            var submissions = try (0..<types).map { number in
                NewSubmission.of(try TaskType("t\(number)"), (0..<3).map { .text("x", due: $0 == 0 ? .at(90) : nil) })
            }
            submissions.append(.of(many, (0..<40).map { _ in .text("x", due: .at(90)) }))
            _ = try await store.commit(StoreChanges(submissions: submissions))
            let scheduled = try await store.all(TaskFilter(state: .scheduled), limit: 5000)
            #expect(scheduled.ids.count == types + 40)
            #expect(scheduled.ids == Set(scheduled.ids).sorted(by: >) && scheduled.pages > 1)
            let pending = try await store.all(TaskFilter(state: .pending), limit: 5000)
            #expect(pending.ids.count == 2 * types)
            #expect(pending.ids == Set(pending.ids).sorted(by: >))
            #expect(try await store.ids(type: many, state: .scheduled).count == 41)
        }
    }
}
