import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("Turns whose commit may keep the thread of the turns")
struct SmallTurnTests {
    private func turn(_ change: (inout StoreChanges) throws -> Void) rethrows -> Turn {
        var turn = Turn(at: .atOnce)
        try change(&turn.plan.changes)
        return turn
    }

    private func submission(_ payloads: [Int]) throws -> NewSubmission {
        let tasks = payloads.map { Submission.Task(payload: Data(count: $0)) }
        let submission = Submission(form: tasks.count == 1 ? .single : .batch, type: try TaskType("a"), key: "k", tasks: tasks)
        return NewSubmission(submission: submission, created: .atOnce, handsOut: true, defaultMaxAttempts: 1)
    }

    @Test func `the turn of a single submission, and that of its result, are small`() throws {
        #expect(try turn { $0 = StoreChanges(submissions: [try submission([100])]) }.isSmall)
        let ending = NewEnding(id: 1, type: try TaskType("a"), state: .succeeded, result: Data(count: 100), attempt: 1, completed: .atOnce)
        #expect(turn { $0 = StoreChanges(endings: [ending]) }.isSmall)
    }

    @Test func `turns of many tasks, of large payloads, and those that take waiting tasks are not`() throws {
        #expect(try !turn { $0 = StoreChanges(submissions: [try submission([1, 1])]) }.isSmall)
        #expect(try !turn { $0 = StoreChanges(submissions: [try submission([65_537])]) }.isSmall)
        #expect(try !turn { $0 = StoreChanges(submissions: [try submission([1]), try submission([1])]) }.isSmall)
        #expect(try !turn { $0 = StoreChanges(takes: [Take(type: try TaskType("a"), limit: 1, bytes: 1, now: .atOnce)]) }.isSmall)
        #expect(try !turn { $0 = StoreChanges(forgettings: [Forgetting(type: try TaskType("a"))]) }.isSmall)
    }
}
