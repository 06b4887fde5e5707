import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("Types that nobody uses")
struct ForgettingTests {
    private static func configuration(after retention: Duration) -> DispatcherConfiguration {
        var configuration = DispatcherConfiguration.quick
        configuration.typeRetention = retention
        return configuration
    }

    private func forget(_ types: TaskType..., desk: Desk) async throws -> ([ForgetOutcome], Outbound) {
        let inbox = Inbox()
        try await desk.ask(ForgetQuestion(types: types), inbox)
        let out = await desk.scheduler.turn(await inbox.take())
        return (try #require(try out.answers(ForgetQuestion.self).first).types, out)
    }

    @Test("a type that the store does not know after a resumption is known anew with the next heartbeat of its worker")
    func unknownToTheStore() async throws {
        let desk = try await Desk()
        _ = await desk.register()
        #expect(try await desk.store.commit(StoreChanges(forgets: [.reverse])).forgotten == [true])
        _ = await desk.turn { $0.mustResume = true }
        #expect(await desk.scheduler.types.isEmpty)
        // It says nothing new.
        _ = await desk.register()
        #expect(try await desk.submit(["a"]).items().count == 1)
    }

    @Test("a type without workers, tasks and pause is forgotten by itself; its counters stay in the totals, and all are told")
    func byThemselves() async throws {
        let desk = try await Desk(Self.configuration(after: .zero))
        _ = await desk.register(types: [.reverse, .sum])
        _ = await desk.submit(["a"])
        _ = await desk.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())))
        for _ in 0..<3 { _ = await desk.tick() }
        #expect(await desk.scheduler.types == [.reverse, .sum], "their worker lives")

        _ = await desk.register(types: [.reverse, .sum], kind: .deregister)
        var events = try await desk.tick().taskEvents()
        events += try await desk.tick().taskEvents()
        #expect(events.map(\.type) == [.sum] && events.allSatisfy(\.isForgotten))
        #expect(await desk.scheduler.types == [.reverse], "an ended task of it is kept")
        #expect(await desk.scheduler.takeRetired() == [.sum])

        let later = Timestamp.now() + .seconds(3600)
        let pruned = try await desk.store.prune(Retention(before: later, keeping: 0, keysSince: later), limit: 9)
        #expect(pruned == Pruned(tasks: 1, keys: 1))
        events = []
        while events.isEmpty { events = try await desk.tick().taskEvents() }
        #expect(events.map(\.type) == [.reverse] && events[0].states.succeeded == 1)
        #expect(await desk.scheduler.types.isEmpty)
        let stored = try await desk.store.countsOfForgotten()
        #expect(await desk.scheduler.forgotten == stored)
        #expect(await desk.scheduler.forgotten.succeeded == 1)
        let answer = await desk.scheduler.answer(CountsQuestion().message(from: "c", correlation: "1"))
        #expect(try AnswerMessage.read(CountsQuestion.Answer.self, answer).forgotten?.submitted == 1)

        let rejected = try await desk.submit(["b"]).replies()
        #expect(rejected.contains { if case .rejected(let rejection) = $0.content { rejection.code == .unknownType } else { false } })
        _ = await desk.register(types: [.reverse])
        #expect(try await desk.submit(["c"]).items().count == 1)
        #expect(await desk.counts().submitted == 1, "it counts anew")
        try await desk.booksAreTheStores()
    }

    @Test("a type is kept for an hour after its last use")
    func afterAnHour() async throws {
        let desk = try await Desk()
        _ = await desk.register()
        _ = await desk.register(kind: .deregister)
        for _ in 0..<5 { _ = await desk.tick() }
        #expect(await desk.scheduler.types == [.reverse])
        #expect(DispatcherConfiguration().typeRetention == .seconds(3600))
    }

    @Test("waiting and scheduled tasks and a pause keep a type, over a restart too")
    func inUse() async throws {
        let desk = try await Desk(Self.configuration(after: .zero))
        let types = try ["waits", "later", "paused", "unused"].map { try TaskType($0) }
        _ = await desk.register(types: types)
        _ = await desk.pause([types[0], types[2]], true)
        _ = await desk.submit(["a"], type: types[0])
        _ = await desk.submit(["b"], type: types[1]) { $0.due = .now() + .seconds(3600) }
        let next = try await Desk(Self.configuration(after: .zero), store: desk.store)
        for _ in 0..<3 { _ = await next.tick() }
        #expect(await next.scheduler.types == types.dropLast().sorted())
    }

    @Test("what is asked to be forgotten is, or the answer says why not")
    func onRequest() async throws {
        let desk = try await Desk()
        let types = try ["served", "waits", "paused", "history", "unused"].map { try TaskType($0) }
        _ = await desk.register(types: types)
        _ = await desk.submit(["h"], type: types[3])
        _ = await desk.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())), type: types[3])
        _ = await desk.pause([types[2]], true)
        _ = await desk.register("w1", types: [types[0]])
        _ = await desk.submit(["w"], type: types[1]) { $0.due = .now() + .seconds(3600) }
        let (outcomes, out) = try await forget(types[0], types[1], types[2], types[3], types[4], .sum, desk: desk)
        #expect(
            outcomes == [
                ForgetOutcome(type: types[0], outcome: .refused, reason: .workers),
                ForgetOutcome(type: types[1], outcome: .refused, reason: .tasks),
                ForgetOutcome(type: types[2], outcome: .refused, reason: .paused),
                ForgetOutcome(type: types[3], outcome: .refused, reason: .history),
                ForgetOutcome(type: types[4], outcome: .done), ForgetOutcome(type: .sum, outcome: .unknown),
            ])
        #expect(try out.taskEvents().map(\.type) == [types[4]])
        try await desk.booksAreTheStores()
    }

    @Test("ten workers that register a thousand types each and go keep nobody out")
    func tenThousandTypes() async throws {
        let desk = try await Desk()
        for worker in 0..<10 {
            let types = try (0..<1000).map { try TaskType("t\(worker)-\($0)") }
            _ = await desk.register("w\(worker)", types: types)
            _ = await desk.register("w\(worker)", types: types, kind: .deregister)
        }
        #expect(await desk.scheduler.types.count == Scheduler.maximumTypes)
        _ = await desk.register(types: [.reverse])
        #expect(await !desk.scheduler.types.contains(.reverse))
        _ = await desk.tick()
        _ = await desk.register(types: [.reverse])
        #expect(try await desk.submit(["a"]).items().count == 1)
        #expect(await desk.scheduler.types.count > Scheduler.maximumTypes / 2, "no more are forgotten than room is made for")
    }
}

extension Scheduler {
    fileprivate var types: [TaskType] { lanes.types.sorted() }
}

extension Outbound {
    fileprivate func taskEvents(_ topology: Topology = Topology()) throws -> [TaskEvent] {
        try publications.filter { $0.exchange == topology.events.name && $0.routingKey.hasPrefix("task.") }
            .map { try JSON.decode(TaskEvent.self, $0.message.body) }
    }
}
