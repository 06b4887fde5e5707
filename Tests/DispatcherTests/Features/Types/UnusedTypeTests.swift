import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("Types that nobody uses")
struct UnusedTypeTests {
    private static func configuration(after retention: Duration) -> DispatcherConfiguration {
        var configuration = DispatcherConfiguration.quick
        configuration.typeRetention = retention
        return configuration
    }

    private func forget(_ types: TaskType..., harness: SchedulerHarness) async throws -> ([ForgetOutcome], Outbound) {
        let inbox = Inbox()
        try await harness.ask(ForgetQuery(types: types), inbox)
        let out = await harness.scheduler.turn(await inbox.take())
        return (try #require(try out.answers(ForgetQuery.self).first).types, out)
    }

    @Test
    func `a type that the store does not know after a resumption is known again with the next heartbeat of its worker`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        #expect(try await harness.store.commit(StoreChanges(forgettings: [Forgetting(type: .reverse)])).forgettings == [true])
        _ = await harness.turn { $0.mustResume = true }
        #expect(await harness.scheduler.types.isEmpty)
        // It says nothing new.
        _ = await harness.register()
        #expect(try await harness.submit(["a"]).items().count == 1)
    }

    @Test
    func `a type without workers, tasks and pause is forgotten by itself; its counters stay in the totals, and all are told`() async throws
    {
        let harness = try await SchedulerHarness(Self.configuration(after: .zero))
        _ = await harness.register(types: [.reverse, .sum])
        _ = await harness.submit(["a"])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())))
        for _ in 0..<3 { _ = await harness.tick() }
        #expect(await harness.scheduler.types == [.reverse, .sum], "their worker lives")

        _ = await harness.register(types: [.reverse, .sum], kind: .deregister)
        var events = try await harness.tick().taskEvents()
        events += try await harness.tick().taskEvents()
        #expect(events.map(\.type) == [.sum] && events.allSatisfy(\.isForgotten))
        #expect(await harness.scheduler.types == [.reverse], "an ended task of it is kept")
        #expect(await harness.scheduler.takeRetired() == [.sum])

        let later = Timestamp.now() + .seconds(3600)
        let pruned = try await harness.store.prune(Retention(before: later, keeping: 0, keysSince: later), limit: 9)
        #expect(pruned == Pruned(tasks: 1, keys: 1))
        events = []
        while events.isEmpty { events = try await harness.tick().taskEvents() }
        #expect(events.map(\.type) == [.reverse] && events[0].states.succeeded == 1)
        #expect(await harness.scheduler.types.isEmpty)
        let stored = try await harness.store.countsOfForgotten()
        #expect(await harness.scheduler.forgottenTypes.counters == stored)
        #expect(await harness.scheduler.forgottenTypes.counters.succeeded == 1)
        let answer = await harness.scheduler.answer(CountsQuery().message(from: "c", correlation: "1"))
        #expect(try AnswerMessage.read(CountsQuery.Answer.self, answer).forgotten?.submitted == 1)

        let rejected = try await harness.submit(["b"]).replies()
        #expect(rejected.contains { if case .rejected(let rejection) = $0.content { rejection.code == .unknownType } else { false } })
        _ = await harness.register(types: [.reverse])
        #expect(try await harness.submit(["c"]).items().count == 1)
        #expect(await harness.counts().submitted == 1, "it counts anew")
        try await harness.expectCountersOfStore()
    }

    @Test func `a type is kept for an hour after its last use`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.register(kind: .deregister)
        for _ in 0..<5 { _ = await harness.tick() }
        #expect(await harness.scheduler.types == [.reverse])
        #expect(DispatcherConfiguration().typeRetention == .seconds(3600))
    }

    @Test func `waiting and scheduled tasks and a pause keep a type, over a restart too`() async throws {
        let harness = try await SchedulerHarness(Self.configuration(after: .zero))
        let types = try ["waits", "later", "paused", "unused"].map { try TaskType($0) }
        _ = await harness.register(types: types)
        _ = await harness.pause([types[0], types[2]], true)
        _ = await harness.submit(["a"], type: types[0])
        _ = await harness.submit(["b"], type: types[1]) { $0.due = .now() + .seconds(3600) }
        let next = try await SchedulerHarness(Self.configuration(after: .zero), store: harness.store)
        for _ in 0..<3 { _ = await next.tick() }
        #expect(await next.scheduler.types == types.dropLast().sorted())
    }

    @Test func `a type is forgotten on request, or the answer says why not`() async throws {
        let harness = try await SchedulerHarness()
        let types = try ["served", "waits", "paused", "history", "unused"].map { try TaskType($0) }
        _ = await harness.register(types: types)
        _ = await harness.submit(["h"], type: types[3])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())), type: types[3])
        _ = await harness.pause([types[2]], true)
        _ = await harness.register("w1", types: [types[0]])
        _ = await harness.submit(["w"], type: types[1]) { $0.due = .now() + .seconds(3600) }
        let (outcomes, out) = try await forget(types[0], types[1], types[2], types[3], types[4], .sum, harness: harness)
        #expect(
            outcomes == [
                ForgetOutcome(type: types[0], outcome: .refused, reason: .workers),
                ForgetOutcome(type: types[1], outcome: .refused, reason: .tasks),
                ForgetOutcome(type: types[2], outcome: .refused, reason: .paused),
                ForgetOutcome(type: types[3], outcome: .refused, reason: .history),
                ForgetOutcome(type: types[4], outcome: .done), ForgetOutcome(type: .sum, outcome: .unknown),
            ])
        #expect(try out.taskEvents().map(\.type) == [types[4]])
        try await harness.expectCountersOfStore()
    }

    @Test func `ten workers that register a thousand types each and go keep nobody out`() async throws {
        let harness = try await SchedulerHarness()
        for worker in 0..<10 {
            let types = try (0..<1000).map { try TaskType("t\(worker)-\($0)") }
            _ = await harness.register("w\(worker)", types: types)
            _ = await harness.register("w\(worker)", types: types, kind: .deregister)
        }
        #expect(await harness.scheduler.types.count == Scheduler.maximumTypes)
        _ = await harness.register(types: [.reverse])
        #expect(await !harness.scheduler.types.contains(.reverse))
        _ = await harness.tick()
        _ = await harness.register(types: [.reverse])
        #expect(try await harness.submit(["a"]).items().count == 1)
        #expect(await harness.scheduler.types.count > Scheduler.maximumTypes / 2, "no more are forgotten than room is made for")
    }
}

extension Scheduler {
    fileprivate var types: [TaskType] { typeQueues.types.sorted() }
}

extension Outbound {
    fileprivate func taskEvents(_ topology: Topology = Topology()) throws -> [TypeEvent] {
        try publications.filter { $0.exchange == topology.events.name && $0.routingKey.hasPrefix("task.") }
            .map { try JSON.decode(TypeEvent.self, $0.message.body) }
    }
}
