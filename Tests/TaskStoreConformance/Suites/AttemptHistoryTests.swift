import Foundation
import TaskGridCore
import TaskStore
import Testing

@Suite("The history of attempts, and paused types") struct AttemptHistoryTests {
    private func failed(_ number: Int, _ outcome: Attempt.Outcome = .failed, worker: String? = "w1", run: Duration? = .milliseconds(3))
        -> Attempt
    {
        .ended(number, outcome, at: .at(number * 10), after: run, worker: worker, error: TaskError(.failed, "try \(number)"))
    }

    private func note(_ attempts: Attempt..., of id: TaskID = 1) -> StoreChanges {
        StoreChanges(attempts: attempts.map { EndedAttempt(id: id, attempt: $0) })
    }

    @Test(arguments: StoreFactory.all)
    func `those that failed come back as they were, in their order, and the one that succeeded from the ending`(factory: StoreFactory)
        async throws
    {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a"), .text("b")], handsOut: true))
            let lost = failed(2, .lost, worker: nil, run: nil)
            _ = try await store.commit(note(lost))
            _ = try await store.commit(note(failed(1)))
            #expect(try await store.task(1)?.attempts == [failed(1), lost])
            try await store.end(.of(1, attempt: 3, completed: .at(40)))
            let task = try #require(try await store.task(1))
            let success = Attempt.ended(3, .succeeded, at: .at(40), after: .milliseconds(2), worker: "worker-1")
            #expect(task.attempts == [failed(1), lost, success])
            #expect(task.runTime == .milliseconds(2))
            #expect(success.started == .at(38))
            #expect(try await store.task(2)?.attempts == [])
            #expect(try await store.tasks([1]).first?.attempts == [], "a history is read of one task alone")
        }
    }

    @Test(arguments: StoreFactory.all)
    func `a success of an attempt that counted as lost is its last word`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            _ = try await store.commit(note(failed(1, .lost)))
            try await store.end(.of(1, attempt: 1))
            #expect(try await store.task(1)?.attempts.map(\.outcome) == [.succeeded])
        }
    }

    @Test(arguments: StoreFactory.all)
    func `the latest of very many attempts are kept, and none of an unknown task`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of([.text("a")], handsOut: true))
            // Numbers with gaps: what was given back unbegun has one too.
            for number in 1...150 { _ = try await store.commit(note(failed(number * 2))) }
            let attempts = try #require(try await store.task(1)).attempts
            #expect(attempts.map(\.number) == (51...150).map { $0 * 2 })
            _ = try await store.commit(note(failed(1), of: 99))
            #expect(try await store.task(99) == nil)
        }
    }

    @Test(arguments: StoreFactory.all)
    func `tasks without their content have its size, and everything else`(factory: StoreFactory) async throws {
        try await factory.withStore { store in
            try await store.submit(.of((0..<5).map { .text("payload \($0)") }, handsOut: true))
            try await store.end(.of(2))
            let whole = try await store.tasks(TaskFilter(), before: nil, limit: 3)
            let brief = try await store.tasks(TaskFilter(), before: nil, limit: 3, content: .none)
            #expect(brief.next == whole.next)
            #expect(brief.elements.allSatisfy { $0.payload.isEmpty && $0.payloadSize == 9 })
            #expect(
                brief.elements
                    == whole.elements.map { task in
                        var task = task
                        task.keep(payload: 0, result: 0)
                        return task
                    }
            )
            let ended = try await store.tasks(TaskFilter(state: .succeeded), before: nil, limit: 3, content: .none).elements
            #expect(ended.map(\.id) == [2] && ended.map(\.resultSize) == [4])
        }
    }
}
