import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("Pausing and resuming a type")
struct PauseTests {
    private func give<Asked: Query>(_ query: Asked, _ harness: SchedulerHarness) async throws -> (PauseAnswer, Outbound)
    where Asked.Answer == PauseAnswer {
        let inbox = Inbox()
        try await harness.ask(query, inbox)
        let out = await harness.scheduler.turn(await inbox.take())
        return (try #require(try out.answers(Asked.self).first), out)
    }

    @Test func `a paused type hands nothing out, neither new tasks nor waiting ones nor retries; running tasks go on`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register(types: [.reverse, .sum])
        #expect(try await harness.submit(["runs", "fails"]).items().count == 2)
        let (answer, _) = try await give(PauseQuery(types: [.reverse]), harness)
        #expect(answer.types == [.init(type: .reverse, outcome: .done)])

        #expect(try await harness.submit(["later", "later still"]).items().isEmpty)
        #expect(try await harness.submit(["a"], type: .sum).items().count == 1, "the other types go on")
        let waiting = await harness.scheduler.answer(TaskQuery(id: 3).message(from: "c", correlation: "1"))
        #expect(try AnswerMessage.read(TaskRecord.self, waiting).held == ["paused"])
        let running = await harness.scheduler.answer(TaskQuery(id: 1).message(from: "c", correlation: "1"))
        #expect(try AnswerMessage.read(TaskRecord.self, running).held == [])
        let ended = await harness.result(
            .init(id: 1, attempt: 1, outcome: .succeeded(Data())), .init(id: 2, attempt: 1, outcome: .failed(TaskError(.failed, "x"))))
        #expect(try ended.endings().map(\.id) == [1] && ended.items().isEmpty)
        for _ in 0..<3 { #expect(try await harness.tick().items().isEmpty) }
        let counts = await harness.counts()
        #expect(counts.pending == 2 && counts.scheduled == 1 && counts.queued == 0 && counts.balances)
        try await harness.expectCountersOfStore()

        let (resumed, out) = try await give(ResumeQuery(types: [.reverse]), harness)
        #expect(resumed.types == [.init(type: .reverse, outcome: .done)])
        #expect(try out.items().map(\.id).sorted() == [2, 3, 4])
        try await harness.expectCountersOfStore()
    }

    @Test func `a dispatcher keeps a pause across a restart, and publishes it`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = try await give(PauseQuery(types: [.reverse]), harness)
        #expect(await harness.scheduler.takeEvents().map(\.paused) == [true])

        let next = try await SchedulerHarness(store: harness.store)
        _ = await next.register()
        #expect(try await next.submit(["a"]).items().isEmpty)
        #expect(await next.scheduler.takeEvents().map(\.paused) == [true])
        let counts = await next.scheduler.answer(CountsQuery().message(from: "c", correlation: "1"))
        #expect(try AnswerMessage.read(CountsQuery.Answer.self, counts).paused == [.reverse])
        let (_, out) = try await give(ResumeQuery(types: [.reverse]), next)
        #expect(try out.items().count == 1)
        #expect(await next.scheduler.takeEvents().map(\.paused) == [false])
        #expect(try await harness.store.pauses().isEmpty)
    }

    @Test func `a pause for a time is over when it is over, and not when the dispatcher is started again`() async throws {
        let harness = try await SchedulerHarness(time: ManualTime(isFrozen: true))
        _ = await harness.register()
        _ = try await give(PauseQuery(types: [.reverse], time: 2000), harness)
        let until = try #require(await harness.scheduler.takeEvents().first?.pausedUntil)
        #expect(until == (await harness.scheduler.clock.now) + .seconds(2))
        #expect(try await harness.submit(["a"]).items().isEmpty)

        let next = try await SchedulerHarness(store: harness.store, time: harness.time)
        _ = await next.register()
        let counts = await next.scheduler.answer(CountsQuery().message(from: "c", correlation: "1"))
        #expect(try AnswerMessage.read(CountsQuery.Answer.self, counts).pausedUntil == [.reverse: until])
        harness.time.pass(.milliseconds(1999))
        #expect(try await next.tick().items().isEmpty)
        harness.time.pass(.milliseconds(1))
        #expect(try await next.tick().items().count == 1)
        let event = try #require(await next.scheduler.takeEvents().last)
        #expect(!event.paused && event.pausedUntil == nil)
        #expect(try await harness.store.pauses().isEmpty)
    }

    @Test func `a pause gets another time, or none, when it is asked for again`() async throws {
        let harness = try await SchedulerHarness(time: ManualTime(isFrozen: true))
        _ = await harness.register()
        var outcomes: [PauseOutcome.Kind] = []
        for time: UInt64? in [1000, 60_000, nil, nil, 1000] {
            outcomes += try await give(PauseQuery(types: [.reverse], time: time), harness).0.types.map(\.outcome)
        }
        #expect(outcomes == [.done, .done, .done, .unchanged, .done])
        for time in [0, PauseQuery.maximumTime + 1] {
            let query = PauseQuery(types: [.reverse], time: time).message(from: "c", correlation: "1")
            let refusal = try #require(await harness.scheduler.answer(query, from: "c", commandsTo: Inbox()))
            #expect(throws: QueryError.self) { try AnswerMessage.read(PauseAnswer.self, refusal) }
        }
    }

    /// A scheduler with two tasks whose attempts have failed, so that the breaker of their type is open.
    private func withOpenBreaker(maxAttempts: Int) async throws -> SchedulerHarness {
        var configuration = DispatcherConfiguration.quick
        configuration.breaker = BreakerSettings(minimumAttempts: 2, pause: .seconds(1))
        let harness = try await SchedulerHarness(configuration, time: ManualTime(isFrozen: true))
        _ = await harness.register()
        _ = await harness.submit(["a", "b"]) { $0.maxAttempts = maxAttempts }
        let failure = Results.Outcome.failed(TaskError(.failed, "no"))
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: failure), .init(id: 2, attempt: 1, outcome: failure))
        #expect(await harness.scheduler.takeEvents().map(\.breaker) == [.open])
        return harness
    }

    @Test
    func `a paused type whose breaker is open sends no probe until it is resumed, and each change of the breaker is told at once`()
        async throws
    {
        let harness = try await withOpenBreaker(maxAttempts: 3)
        _ = try await give(PauseQuery(types: [.reverse]), harness)
        harness.time.pass(.seconds(2))
        for _ in 0..<2 { #expect(try await harness.tick().items().isEmpty) }
        #expect(await harness.scheduler.takeEvents().map(\.breaker) == [.open])
        let (_, out) = try await give(ResumeQuery(types: [.reverse]), harness)
        #expect(try out.items().map(\.id).sorted() == [1, 2])
        #expect(await harness.scheduler.takeEvents().map(\.breaker) == [.halfOpen])
    }

    @Test func `a breaker that lets probes through tells so at once, though nothing waits`() async throws {
        let harness = try await withOpenBreaker(maxAttempts: 1)
        harness.time.pass(.seconds(2))
        _ = await harness.tick()
        #expect(await harness.scheduler.takeEvents().map(\.breaker) == [.halfOpen])
    }

    @Test func `asking again changes nothing, an unknown type is told, and too many types are refused`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = try await give(PauseQuery(types: [.reverse]), harness)
        let (again, _) = try await give(PauseQuery(types: [.reverse, .sum]), harness)
        #expect(again.types == [.init(type: .reverse, outcome: .unchanged), .init(type: .sum, outcome: .unknown)])
        let (resumed, _) = try await give(ResumeQuery(types: [.reverse]), harness)
        let (resumedAgain, _) = try await give(ResumeQuery(types: [.reverse]), harness)
        #expect(resumed.types.map(\.outcome) == [.done] && resumedAgain.types.map(\.outcome) == [.unchanged])
        let many = PauseQuery(types: Array(repeating: .reverse, count: 1001)).message(from: "c", correlation: "1")
        let refusal = try #require(await harness.scheduler.answer(many, from: "c", commandsTo: Inbox()))
        #expect(throws: QueryError.self) { try AnswerMessage.read(PauseAnswer.self, refusal) }
    }

    @Test func `a task that is cancelled while its type is paused ends, and one that is retried waits`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = try await give(PauseQuery(types: [.reverse]), harness)
        _ = await harness.submit(["a"])
        let (cancelled, _) = try await harness.command(CancelQuery(tasks: [1]))
        #expect(cancelled.tasks.map(\.outcome) == [.done])
        let (retried, out) = try await harness.command(RetryQuery(tasks: [1]))
        #expect(retried.tasks.map(\.outcome) == [.done])
        #expect(try out.items().isEmpty)
        try await harness.expectCountersOfStore()
    }
}
