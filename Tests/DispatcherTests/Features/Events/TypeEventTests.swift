import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("The events of the types")
struct TypeEventTests {
    private func harness() async throws -> SchedulerHarness {
        let harness = try await SchedulerHarness()
        _ = await harness.register(types: [.reverse, .sum])
        _ = await harness.scheduler.takeEvents()
        return harness
    }

    @Test func `a type in which something changed is told of once, with its counters`() async throws {
        let harness = try await harness()
        _ = await harness.submit(["a", "b"])
        let events = await harness.scheduler.takeEvents()
        #expect(events.map(\.type) == [.reverse])
        #expect(events.first?.states[.queued] == 2)
        #expect(await harness.scheduler.takeEvents().isEmpty)
    }

    @Test func `a cancelled attempt is none of its worker's failures`() async throws {
        let harness = try await harness()
        _ = await harness.submit(["a", "b"])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .failed(TaskError(.cancelled, "cancelled on request"))))
        _ = await harness.result(.init(id: 2, attempt: 1, outcome: .failed(TaskError(.failed, "no disk"))))
        let event = try #require(await harness.scheduler.takeEvents().first { $0.type == .reverse })
        #expect(event.workers.map(\.failed) == [1])
    }

    @Test func `types in which nothing changed are told of again, as many at a time as asked for`() async throws {
        let harness = try await harness()
        await harness.scheduler.repeatEvents()
        var told: [TaskType] = []
        for _ in 0..<2 {
            let events = await harness.scheduler.takeEvents(repeating: 1)
            #expect(events.count == 1)
            told += events.map(\.type)
        }
        #expect(told.sorted() == [.reverse, .sum])
        #expect(await harness.scheduler.takeEvents(repeating: 1).isEmpty)
    }

    @Test func `a scheduler that does nothing until it has read the store again tells nothing`() async throws {
        let harness = try await harness()
        _ = await harness.submit(["a"])
        await harness.scheduler.suspend(StoreError(.superseded, "another dispatcher"))
        #expect(await harness.scheduler.takeEvents().isEmpty)
        _ = await harness.turn { $0.mustResume = true }
        #expect(await harness.scheduler.takeEvents().map(\.type).contains(.reverse))
    }
}
