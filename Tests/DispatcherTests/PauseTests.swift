import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("Pausing and resuming a type")
struct PauseTests {
    private func give<Asked: Question>(_ question: Asked, _ desk: Desk) async throws -> (PauseAnswer, Outbound)
    where Asked.Answer == PauseAnswer {
        let inbox = Inbox()
        try await desk.ask(question, inbox)
        let out = await desk.scheduler.turn(await inbox.take())
        return (try #require(try out.answers(Asked.self).first), out)
    }

    @Test("a paused type hands nothing out: neither what is accepted, nor what waits, nor retries; what runs goes on")
    func pause() async throws {
        let desk = try await Desk()
        _ = await desk.register(types: [.reverse, .sum])
        #expect(try await desk.submit(["runs", "fails"]).items().count == 2)
        let (answer, _) = try await give(PauseQuestion(types: [.reverse]), desk)
        #expect(answer.types == [.init(type: .reverse, outcome: .done)])

        #expect(try await desk.submit(["later", "later still"]).items().isEmpty)
        #expect(try await desk.submit(["a"], type: .sum).items().count == 1, "the other types go on")
        let ended = await desk.result(
            .init(id: 1, attempt: 1, outcome: .succeeded(Data())), .init(id: 2, attempt: 1, outcome: .failed(TaskError(.failed, "x"))))
        #expect(try ended.endings().map(\.id) == [1] && ended.items().isEmpty)
        for _ in 0..<3 { #expect(try await desk.tick().items().isEmpty) }
        let counts = await desk.counts()
        #expect(counts.pending == 2 && counts.scheduled == 1 && counts.queued == 0 && counts.balances)
        try await desk.booksAreTheStores()

        let (resumed, out) = try await give(ResumeQuestion(types: [.reverse]), desk)
        #expect(resumed.types == [.init(type: .reverse, outcome: .done)])
        #expect(try out.items().map(\.id).sorted() == [2, 3, 4])
        try await desk.booksAreTheStores()
    }

    @Test("a dispatcher that starts anew keeps to it, and tells")
    func outlives() async throws {
        let desk = try await Desk()
        _ = await desk.register()
        _ = try await give(PauseQuestion(types: [.reverse]), desk)
        #expect(await desk.scheduler.takeEvents().map(\.paused) == [true])

        let next = try await Desk(store: desk.store)
        _ = await next.register()
        #expect(try await next.submit(["a"]).items().isEmpty)
        #expect(await next.scheduler.takeEvents().map(\.paused) == [true])
        let counts = await next.scheduler.answer(CountsQuestion().message(from: "c", correlation: "1"))
        #expect(try AnswerMessage.read(CountsQuestion.Answer.self, counts).paused == [.reverse])
        let (_, out) = try await give(ResumeQuestion(types: [.reverse]), next)
        #expect(try out.items().count == 1)
        #expect(await next.scheduler.takeEvents().map(\.paused) == [false])
        #expect(try await desk.store.paused().isEmpty)
    }

    @Test("a paused type whose breaker is open sends no probe until it is resumed, and each change of the breaker is told at once")
    func breaker() async throws {
        var configuration = DispatcherConfiguration.quick
        configuration.breaker = BreakerSettings(minimumAttempts: 2, pause: .seconds(1))
        let desk = try await Desk(configuration, time: ManualTime(isFrozen: true))
        _ = await desk.register()
        _ = await desk.submit(["a", "b"])
        let failure = Results.Outcome.failed(TaskError(.failed, "no"))
        _ = await desk.result(.init(id: 1, attempt: 1, outcome: failure), .init(id: 2, attempt: 1, outcome: failure))
        #expect(await desk.scheduler.takeEvents().map(\.breaker) == [.open])
        _ = try await give(PauseQuestion(types: [.reverse]), desk)
        desk.time.pass(.seconds(2))
        for _ in 0..<2 { #expect(try await desk.tick().items().isEmpty) }
        #expect(await desk.scheduler.takeEvents().map(\.breaker) == [.open])
        let (_, out) = try await give(ResumeQuestion(types: [.reverse]), desk)
        #expect(try out.items().map(\.id).sorted() == [1, 2])
        #expect(await desk.scheduler.takeEvents().map(\.breaker) == [.halfOpen])
    }

    @Test("a breaker that lets probes through tells so at once, though nothing waits")
    func halfOpen() async throws {
        var configuration = DispatcherConfiguration.quick
        configuration.breaker = BreakerSettings(minimumAttempts: 2, pause: .seconds(1))
        let desk = try await Desk(configuration, time: ManualTime(isFrozen: true))
        _ = await desk.register()
        _ = await desk.submit(["a", "b"]) { $0.maxAttempts = 1 }
        let failure = Results.Outcome.failed(TaskError(.failed, "no"))
        _ = await desk.result(.init(id: 1, attempt: 1, outcome: failure), .init(id: 2, attempt: 1, outcome: failure))
        #expect(await desk.scheduler.takeEvents().map(\.breaker) == [.open])
        desk.time.pass(.seconds(2))
        _ = await desk.tick()
        #expect(await desk.scheduler.takeEvents().map(\.breaker) == [.halfOpen])
    }

    @Test("asking again changes nothing, an unknown type is told, and too many types are refused")
    func answers() async throws {
        let desk = try await Desk()
        _ = await desk.register()
        _ = try await give(PauseQuestion(types: [.reverse]), desk)
        let (again, _) = try await give(PauseQuestion(types: [.reverse, .sum]), desk)
        #expect(again.types == [.init(type: .reverse, outcome: .unchanged), .init(type: .sum, outcome: .unknown)])
        let (resumed, _) = try await give(ResumeQuestion(types: [.reverse]), desk)
        let (resumedAgain, _) = try await give(ResumeQuestion(types: [.reverse]), desk)
        #expect(resumed.types.map(\.outcome) == [.done] && resumedAgain.types.map(\.outcome) == [.unchanged])
        let many = PauseQuestion(types: Array(repeating: .reverse, count: 1001)).message(from: "c", correlation: "1")
        let refusal = try #require(await desk.scheduler.answer(many, from: "c", ordersTo: Inbox()))
        #expect(throws: QuestionError.self) { try AnswerMessage.read(PauseAnswer.self, refusal) }
    }

    @Test("a task that is cancelled while its type is paused ends, and one that is retried waits")
    func orders() async throws {
        let desk = try await Desk()
        _ = await desk.register()
        _ = try await give(PauseQuestion(types: [.reverse]), desk)
        _ = await desk.submit(["a"])
        let (cancelled, _) = try await desk.order(CancelQuestion(tasks: [1]))
        #expect(cancelled.tasks.map(\.outcome) == [.done])
        let (retried, out) = try await desk.order(RetryQuestion(tasks: [1]))
        #expect(retried.tasks.map(\.outcome) == [.done])
        #expect(try out.items().isEmpty)
        try await desk.booksAreTheStores()
    }
}
