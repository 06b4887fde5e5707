import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("With many types")
struct ManyTypesTests {
    private let now = Timestamp(rawValue: 1_000_000)

    @Test("a dispatcher with 10,000 types, each with a task that is handed out and one that waits, starts within 5 s")
    func starts() async throws {
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
        let desk = try await Desk(store: store)
        let took = start.duration(to: clock.now)
        #expect(took < .seconds(5), "took \(took)")
        for type in [types[0], types[9999]] {
            let counts = await desk.counts(type)
            #expect(counts.queued == 1 && counts.pending == 1 && counts.balances)
        }
        // A reconnect reads the same again.
        let resumption = clock.now
        _ = await desk.turn { $0.mustResume = true }
        #expect(resumption.duration(to: clock.now) < .seconds(5))
    }

    @Test("a turn looks only at the types that it concerns")
    func looks() throws {
        let lanes = TypeQueues()
        for number in 0..<1000 {
            let lane = Lane(type: try TaskType("t\(number)"))
            lane.concurrency = 1
            lanes.add(lane)
        }
        #expect(lanes.takeChanged(repeating: 0).count == 0, "not examined yet")
        lanes.settle(at: now)
        let changed = lanes.takeChanged(repeating: 0)
        #expect(changed.count == 1000)
        for lane in changed { lane.isDirty = false }
        #expect(lanes.readyCount == 0 && lanes.withTasksHandedOut().isEmpty && lanes.nextDue(after: now) == nil)

        let (waits, out, later) = (try TaskType("t1"), try TaskType("t2"), try TaskType("t3"))
        lanes[waits]?.hasBacklog = true
        lanes[out]?.hand(out: OpenTask(id: 1, type: out, created: now, attempt: 1, maxAttempts: 3, form: .single))
        lanes[later]?.scheduled(for: now + .seconds(5))
        lanes[later]?.scheduled(for: now + .seconds(3))
        lanes.settle(at: now)
        #expect(lanes.readyCount == 1 && lanes.popReady()?.type == waits)
        #expect(lanes.withTasksHandedOut().map(\.type) == [out])
        #expect(lanes.nextDue(after: now) == now + .seconds(3))
        #expect(lanes.takeChanged(repeating: 0).map(\.type) == [out, later])

        // What is due is ready by itself.
        lanes.settle(at: now)
        while lanes.popReady() != nil {}
        lanes.examine(at: now + .seconds(3))
        #expect(lanes.popReady()?.type == later && lanes.popReady()?.type != later)
        #expect(lanes.nextDue(after: now + .seconds(3)) == nil)
    }

    @Test("each type is told of though nothing changes, some at a time")
    func events() throws {
        let lanes = TypeQueues()
        for number in 0..<50 { lanes.add(Lane(type: try TaskType("t\(number)"))) }
        lanes.settle(at: now)
        #expect(lanes.takeChanged(repeating: 20).count == 50)
        #expect(lanes.takeChanged(repeating: 20).isEmpty, "nothing is to be repeated yet")
        lanes.repeatAll()
        var told: Set<TaskType> = []
        for expected in [20, 20, 10, 0] {
            let types = lanes.takeChanged(repeating: 20).map(\.type)
            #expect(types.count == expected)
            told.formUnion(types)
        }
        #expect(told.count == 50)
    }
}
