import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite struct EndingTests {
    @Test(arguments: StoreFactory.all)
    func `the first ending of a task counts`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a"), .text("b")], handsOut: true))
            #expect(try await store.end(.of(1, .succeeded), .of(1, .failed), .of(77)) == [true, false, false])
            #expect(try await store.end(.of(1, .cancelled)) == [false])
            let record = try #require(try await store.task(1))
            #expect(record.status == .succeeded && record.result == Data("done".utf8) && record.error == nil)
            #expect(record.completed == .at(10) && record.worker == "worker-1" && record.attempt == 1)
            let counts = try await store.counts(of: .reverse)
            #expect(counts.succeeded == 1 && counts.queued == 1 && counts.balances)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a failed task keeps its error and no result`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            var ending = NewEnding.of(1, .failed, result: "half", attempt: 3)
            ending.worker = ""
            ending.error = TaskError(.poison, "too often")
            try await store.end(ending)
            let record = try #require(try await store.task(1))
            #expect(record.error == TaskError(.poison, "too often") && record.result == nil)
            #expect(record.worker == nil && record.attempt == 3)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `an empty result is a result`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            try await store.end(.of(1, result: ""))
            #expect(try await store.task(1)?.result == Data())
        }
    }

    @Test(arguments: StoreFactory.all)
    func `an ended task is no longer open`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a", due: .at(50), expires: .at(60))]))
            #expect(try await store.open(1) != nil)
            try await store.end(.of(1, .cancelled, attempt: 0))
            #expect(try await store.open(1) == nil)
            #expect(try await store.expired(at: .at(100), limit: 10).isEmpty)
            #expect(try await store.nextDue().isEmpty)
            _ = try await store.commit(StoreChanges(schedules: [Schedule(id: 1, type: .reverse, attempt: 1, due: .at(1))]))
            #expect(try await store.take(.of(now: .at(100))).handOuts.isEmpty)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `an ending with a state that is not terminal is refused, and nothing is applied`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a"), .text("b")], handsOut: true))
            let error = await #expect(throws: StoreError.self) { try await store.end(.of(1), .of(2, .running)) }
            #expect(error?.code == .badRequest)
            #expect(try await store.task(1)?.status == .queued)
        }
    }
}
