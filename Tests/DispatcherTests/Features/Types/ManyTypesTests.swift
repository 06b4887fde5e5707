import Foundation
import TaskGridCore
import TaskStore
import TaskStoreSQLite
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("With many types")
struct ManyTypesTests {
    private let now = Timestamp(rawValue: 1_000_000)

    @Test func `a dispatcher with 10,000 types, each with a task that is handed out and one that waits, starts within 5 s`() async throws {
        let store = try await SQLiteTaskStore.inMemory()
        let types = try (0..<10_000).map { try TaskType("t\($0)") }
        let submissions = types.enumerated().flatMap { number, type in
            [true, false].map { handsOut in
                let submission = Submission(
                    form: .single, type: type, key: "\(number) \(handsOut)", client: "c", correlation: "q",
                    tasks: [Submission.Task(payload: Data("x".utf8))])
                return NewSubmission(submission: submission, created: now, handsOut: handsOut, defaultMaxAttempts: 3)
            }
        }
        _ = try await store.commit(StoreChanges(submissions: submissions))
        let clock = ContinuousClock()
        let start = clock.now
        let harness = try await SchedulerHarness(store: store)
        let took = start.duration(to: clock.now)
        #expect(took < .seconds(5), "took \(took)")
        for type in [types[0], types[9999]] {
            let counts = await harness.counts(type)
            #expect(counts.queued == 1 && counts.pending == 1 && counts.balances)
        }
        // A reconnect reads the same again.
        let resumption = clock.now
        _ = await harness.turn { $0.mustResume = true }
        #expect(resumption.duration(to: clock.now) < .seconds(5))
    }

    @Test func `a turn looks only at the types that it concerns`() throws {
        let typeQueues = TypeQueues()
        for number in 0..<1000 {
            let typeQueue = TypeQueue(type: try TaskType("t\(number)"))
            typeQueue.concurrency = 1
            typeQueues.add(typeQueue)
        }
        #expect(typeQueues.takeChanged(repeating: 0).count == 0, "not examined yet")
        typeQueues.settle(at: now)
        let changed = typeQueues.takeChanged(repeating: 0)
        #expect(changed.count == 1000)
        for typeQueue in changed { typeQueue.isDirty = false }
        #expect(typeQueues.readyCount == 0 && typeQueues.withTasksHandedOut().isEmpty && typeQueues.nextDue(after: now) == nil)

        let (waits, out, later) = (try TaskType("t1"), try TaskType("t2"), try TaskType("t3"))
        typeQueues[waits]?.hasBacklog = true
        typeQueues[out]?.hand(
            out: OpenTask(id: 1, type: out, settings: TaskSettings(maxAttempts: 3), created: now, attempt: 1, form: .single))
        typeQueues[later]?.scheduled(for: now + .seconds(5))
        typeQueues[later]?.scheduled(for: now + .seconds(3))
        typeQueues.settle(at: now)
        #expect(typeQueues.readyCount == 1 && typeQueues.popReady()?.type == waits)
        #expect(typeQueues.withTasksHandedOut().map(\.type) == [out])
        #expect(typeQueues.nextDue(after: now) == now + .seconds(3))
        #expect(typeQueues.takeChanged(repeating: 0).map(\.type) == [out, later])

        // A due task is ready by itself.
        typeQueues.settle(at: now)
        while typeQueues.popReady() != nil {}
        typeQueues.examine(at: now + .seconds(3))
        #expect(typeQueues.popReady()?.type == later && typeQueues.popReady()?.type != later)
        #expect(typeQueues.nextDue(after: now + .seconds(3)) == nil)
    }

    @Test func `each type is told of though nothing changes, some at a time`() throws {
        let typeQueues = TypeQueues()
        for number in 0..<50 { typeQueues.add(TypeQueue(type: try TaskType("t\(number)"))) }
        typeQueues.settle(at: now)
        #expect(typeQueues.takeChanged(repeating: 20).count == 50)
        #expect(typeQueues.takeChanged(repeating: 20).isEmpty, "nothing is to be repeated yet")
        typeQueues.repeatAll()
        var told: Set<TaskType> = []
        for expected in [20, 20, 10, 0] {
            let types = typeQueues.takeChanged(repeating: 20).map(\.type)
            #expect(types.count == expected)
            told.formUnion(types)
        }
        #expect(told.count == 50)
    }
}
