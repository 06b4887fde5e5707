import Foundation
import ServiceSupport
import TaskGridCore
import TaskStore
import TestSupport
import Testing

@testable import Dispatcher

@Suite("The retention of ended tasks")
struct RetentionTests {
    private func prune(_ harness: SchedulerHarness, _ configuration: DispatcherConfiguration) async throws -> Pruned {
        let pruning = Pruning(
            store: harness.store, scheduler: harness.scheduler, configuration: configuration, vitals: Vitals(), logger: .silent)
        var all = Pruned()
        while true {
            let step = try await pruning.step()
            guard !step.isEmpty else { return all }
            all.tasks += step.tasks
            all.keys += step.keys
        }
    }

    @Test func `an ended task goes after its retention, its key not before an hour, and a task that has not ended stays`() async throws {
        var configuration = DispatcherConfiguration.quick
        configuration.retention = .seconds(60)
        let time = ManualTime(isFrozen: true)
        let harness = try await SchedulerHarness(configuration, time: time)
        _ = await harness.register()
        _ = await harness.submit(["a"], key: "k")
        _ = await harness.submit(["b"])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())))
        #expect(try await prune(harness, configuration) == Pruned())

        time.pass(.seconds(120))
        #expect(try await prune(harness, configuration) == Pruned(tasks: 1))
        #expect(try await harness.store.task(1) == nil)
        #expect(try await harness.store.task(2) != nil)
        #expect(try await harness.submit(["a"], key: "k").replies().map(\.content) == [.accepted(first: 1, count: 1, isRepeat: true)])

        time.pass(DispatcherConfiguration.leastKeyRetention)
        #expect(try await prune(harness, configuration) == Pruned(keys: 1))
    }

    /// At the pace of the others, 500 rows each half minute, keys would pile up behind those that must stay.
    @Test func `a step that forgets nothing and has more to look at is followed by another one soon`() {
        #expect(Pruning.pause(after: Pruned(keys: 1)) == .zero)
        #expect(Pruning.pause(after: Pruned(goesOn: true)) < .seconds(1))
        #expect(Pruning.pause(after: Pruned()) == Pruning.period)
    }

    @Test func `of more ended tasks than are kept the oldest go`() async throws {
        var configuration = DispatcherConfiguration.quick
        configuration.retentionCount = 2
        let harness = try await SchedulerHarness(configuration)
        _ = await harness.register()
        _ = await harness.submit(["a", "b", "c"])
        for id in 1...3 {
            _ = await harness.result(.init(id: TaskID(Int64(id)), attempt: 1, outcome: .succeeded(Data())))
        }
        #expect(try await prune(harness, configuration).tasks == 1)
        #expect(try await harness.store.task(1) == nil)
        #expect(try await harness.store.task(2) != nil)
    }
}
