import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("Takes of one turn from the store")
struct TakesTests {
    private static let configuration = DispatcherConfiguration(maximumPayload: 4 << 20)

    /// Types with tasks that wait because they are paused.
    private func types(_ count: Int, tasks: Int, bytes: Int) async throws -> (SchedulerHarness, [TaskType]) {
        let harness = try await SchedulerHarness(Self.configuration)
        let types = try (0..<count).map { try TaskType("t\($0)") }
        _ = await harness.register(types: types)
        _ = await harness.pause(types, true)
        let payload = String(repeating: "x", count: bytes)
        for type in types { _ = await harness.submit(Array(repeating: payload, count: tasks), type: type) }
        return (harness, types)
    }

    @Test
    func `a turn takes 8 MiB of all types together, whoever got nothing is first in the next one, and turns follow until all is out`()
        async throws
    {
        let (harness, types) = try await types(30, tasks: 2, bytes: 1 << 20)
        var out = await harness.pause(types, false)
        var served: [TaskType: Int] = [:]
        var turns = 0
        while true {
            let works = try out.works()
            let bytes = works.flatMap(\.items).reduce(0) { $0 + $1.payload.count }
            #expect(bytes <= 8 << 20)
            for work in works { served[work.type, default: 0] += work.items.count }
            turns += 1
            guard out.leavesMore else { break }
            // A task of each type goes out before a second one of most.
            if turns == 4 { #expect(served.count >= 16) }
            out = await harness.turn { $0.mustTakeMore = true }
        }
        #expect(served == Dictionary(uniqueKeysWithValues: types.map { ($0, 2) }))
        #expect(turns <= 9)
        #expect(try await harness.tick().items().isEmpty)
        for type in types { #expect(await harness.counts(type).queued == 2) }
    }

    @Test func `with more types than a turn takes from, all get their turn`() async throws {
        let (harness, types) = try await types(600, tasks: 3, bytes: 1)
        var out = await harness.pause(types, false)
        var served = Set(try out.works().map(\.type))
        #expect(served.count == 250)
        var turns = 1
        while out.leavesMore {
            out = await harness.turn { $0.mustTakeMore = true }
            served.formUnion(try out.works().map(\.type))
            turns += 1
        }
        #expect(served.count == 600 && turns <= 4)
    }

    @Test func `a budget is divided equally, and what some do not need goes to the others`() {
        #expect(Scheduler.shares(of: 100, []) == [])
        #expect(Scheduler.shares(of: 100, [500]) == [100])
        #expect(Scheduler.shares(of: 100, [500, 500]) == [50, 50])
        #expect(Scheduler.shares(of: 100, [10, 500, 500]) == [10, 57, 33])
        #expect(Scheduler.shares(of: 100, [10, 20]) == [10, 20])
        #expect(Scheduler.shares(of: 2, [1, 1, 1]).reduce(0, +) <= 3)
    }
}

extension SchedulerHarness {
    /// Pauses types or resumes them.
    func pause(_ types: [TaskType], _ isPause: Bool) async -> Outbound {
        let query =
            isPause
            ? PauseQuery(types: types).message(from: "c", correlation: "1")
            : ResumeQuery(types: types).message(from: "c", correlation: "1")
        let command = AdminCommand(kind: isPause ? .pause(time: nil) : .resume, tasks: [], types: types, query: query, replyTo: "c")
        return await turn { $0.commands = [command] }
    }
}
