import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("Commands to cancel and to retry")
struct AdminCommandTests {
    private func failed(_ attempt: Int = 1, _ id: TaskID = 1) -> Results.Item {
        Results.Item(id: id, attempt: attempt, outcome: .failed(TaskError(.invalidInput, "no number")))
    }

    @Test
    func `a task that is queued or runs ends at once; its client and the workers are told, and late reports change nothing`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a", "b", "c"])
        _ = await harness.register(running: [.init(task: 1, attempt: 1)])
        let (answer, out) = try await harness.command(CancelQuery(tasks: [1, 2]))
        #expect(answer.tasks == [.init(id: 1, outcome: .done, state: .running), .init(id: 2, outcome: .done, state: .queued)])
        #expect(try out.endings().map(\.state) == [.cancelled, .cancelled])
        #expect(try out.endings().map(\.error) == Array(repeating: TaskError(.cancelled, "cancelled on request"), count: 2))
        let requests = out.publications.filter { $0.exchange == harness.topology.control.name }
        #expect(requests.map(\.routingKey) == ["type.reverse"])
        let request = try #require(requests.first)
        #expect(try CancelRequest(request.message).tasks == [.init(task: 1, attempt: 1), .init(task: 2, attempt: 1)])
        let counts = await harness.counts()
        #expect(counts.cancelled == 2 && counts.queued == 1 && counts.running == 0 && counts.balances)

        let late = await harness.result(
            .init(id: 1, attempt: 1, outcome: .succeeded(Data("late".utf8))),
            .init(id: 2, attempt: 1, outcome: .failed(TaskError(.cancelled, "cancelled on request")))
        )
        #expect(try late.endings().isEmpty && late.items().isEmpty)
        let record = try #require(try await harness.store.task(1))
        #expect(record.status == .cancelled && record.result == nil)
        try await harness.expectCountersOfStore()
    }

    @Test func `a task that waits ends in the store, and no worker is told`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["later"]) { $0.due = .now() + .seconds(3600) }
        _ = await harness.submit((0..<80).map(String.init))
        #expect(await harness.counts().pending > 0)
        let (answer, out) = try await harness.command(CancelQuery(tasks: [1, 81]))
        #expect(answer.tasks == [.init(id: 1, outcome: .done, state: .scheduled), .init(id: 81, outcome: .done, state: .pending)])
        #expect(try out.endings().map(\.id) == [1, 81] && out.endings().map(\.attempt) == [0, 0])
        #expect(out.publications.allSatisfy { $0.exchange != harness.topology.control.name })
        #expect(await harness.counts().cancelled == 2)
        try await harness.expectCountersOfStore()
    }

    @Test func `nothing is taken again and again for a task that was due and is cancelled`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["soon", "later"]) { $0.due = .now() + .seconds(3600) }
        _ = try await harness.command(CancelQuery(tasks: [1, 2]))
        await harness.scheduler.becomeDue()
        _ = await harness.tick()
        #expect(await harness.scheduler.plan(Inbox.Intake(isTick: true)).plan.changes.takes.isEmpty)
    }

    @Test func `an ended task is refused with its state, an unknown one is named so, and a repeated command does no harm`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a", "b"])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())))
        let (first, _) = try await harness.command(CancelQuery(tasks: [1, 2, 99, 2]))
        #expect(
            first.tasks == [
                .init(id: 1, outcome: .refused, state: .succeeded), .init(id: 2, outcome: .done, state: .queued),
                .init(id: 99, outcome: .unknown),
            ]
        )
        let (again, out) = try await harness.command(CancelQuery(tasks: [2]))
        #expect(again.tasks == [.init(id: 2, outcome: .refused, state: .cancelled)])
        #expect(try out.endings().isEmpty)
        try await harness.expectCountersOfStore()
    }

    @Test func `a cancellation that meets the end of its task in one turn says how the task ended`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a", "b"])
        let inbox = Inbox()
        try await harness.ask(CancelQuery(tasks: [1, 2]), inbox)
        try await harness.ask(CancelQuery(tasks: [2]), inbox)
        var intake = await inbox.take()
        let results = Results(
            form: .batch, type: .reverse, store: harness.store.identity, worker: "w1",
            items: [.init(id: 1, attempt: 1, outcome: .succeeded(Data("x".utf8)))]
        )
        intake.arrivals = [harness.delivery(results)]
        let out = await harness.scheduler.turn(intake)
        let answers = try out.answers(CancelQuery.self)
        try #require(answers.count == 2)
        #expect(answers[0].tasks == [.init(id: 1, outcome: .refused, state: .succeeded), .init(id: 2, outcome: .done, state: .queued)])
        #expect(answers[1].tasks == [.init(id: 2, outcome: .refused, state: .cancelled)])
        #expect(try out.endings().map(\.state) == [.succeeded, .cancelled])
        try await harness.expectCountersOfStore()
    }

    @Test func `a failed, a cancelled and an expired task go out again with the answer, with all their attempts`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["failed", "cancelled", "done"])
        _ = await harness.submit(["expired"]) {
            $0.due = .now() + .seconds(3600)
            $0.expiry = .seconds(1)
        }
        _ = await harness.result(failed(), .init(id: 3, attempt: 1, outcome: .succeeded(Data())))
        _ = try await harness.command(CancelQuery(tasks: [2]))
        let expired = try #require(try await harness.store.open(4))
        _ = try await harness.store.commit(
            StoreChanges(endings: [.init(id: 4, type: .reverse, state: .expired, attempt: expired.attempt, completed: .now())])
        )
        try await harness.scheduler.resume()

        let (answer, out) = try await harness.command(RetryQuery(tasks: [1, 2, 3, 4, 99]))
        #expect(
            answer.tasks == [
                .init(id: 1, outcome: .done, state: .failed), .init(id: 2, outcome: .done, state: .cancelled),
                .init(id: 3, outcome: .refused, state: .succeeded), .init(id: 4, outcome: .done, state: .expired),
                .init(id: 99, outcome: .unknown),
            ]
        )
        #expect(try out.items().sorted { $0.id < $1.id }.map(\.attempt) == [2, 2, 1])
        let counts = await harness.counts()
        #expect(counts.queued == 3 && counts.succeeded == 1 && counts.failed + counts.cancelled + counts.expired == 0)
        try await harness.expectCountersOfStore()

        let (again, _) = try await harness.command(RetryQuery(tasks: [1]))
        #expect(again.tasks == [.init(id: 1, outcome: .refused, state: .queued)])
        // It has its three attempts again; what its old attempt says is not taken for the new one's.
        #expect(try await harness.result(failed(1)).endings().isEmpty)
        for attempt in 2...4 {
            let ended = await harness.result(.init(id: 1, attempt: attempt, outcome: .failed(TaskError(.failed, "again"))))
            #expect(try ended.endings().count == (attempt == 4 ? 1 : 0))
            _ = await harness.tick()
        }
        try await harness.expectCountersOfStore()
    }

    @Test func `the failed ones that a filter means go out page by page, each once`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register(concurrency: 2000)
        _ = await harness.register("w2", types: [.sum], concurrency: 2000)
        _ = await harness.submit((0..<1500).map(String.init))
        _ = await harness.submit(["x"], type: .sum)
        for start in [1, 751] {
            let items = (start..<start + 750).map { failed(1, TaskID(Int64($0))) }
            let results = Results(form: .batch, type: .reverse, store: harness.store.identity, worker: "w1", items: items)
            _ = await harness.turn {
                $0.arrivals = [harness.delivery(results)]
            }
        }
        _ = await harness.result(failed(1, 1501), type: .sum)
        #expect(await harness.counts().failed == 1500)
        let filter = TaskFilter(type: .reverse, text: "no number")
        let (first, _) = try await harness.command(RetryQuery(matching: filter))
        #expect(first.tasks.count == 1000 && first.next != nil)
        let (second, _) = try await harness.command(RetryQuery(matching: filter, before: first.next))
        #expect(second.next == nil)
        let outcomes = first.tasks + second.tasks
        #expect(outcomes.map(\.id.rawValue) == Array((1...1500).reversed()) && outcomes.allSatisfy { $0.outcome == .done })
        #expect(await harness.counts().failed == 0)
        #expect(await harness.counts(.sum).failed == 1)
        try await harness.expectCountersOfStore()
        let (none, _) = try await harness.command(RetryQuery(matching: filter))
        #expect(none == CommandAnswer(tasks: []))
    }

    @Test func `a bad command is answered with what is wrong, and one too many is told to ask again`() async throws {
        let harness = try await SchedulerHarness()
        let inbox = Inbox()
        for body in [
            #"{}"#, #"{"tasks":[1],"filter":{}}"#, #"{"filter":{"state":"succeeded"}}"#, #"{"filter":{"state":"queued"}}"#,
            #"{"tasks":["x"]}"#, "",
        ] {
            var message = RetryQuery(tasks: []).message(from: "c", correlation: "1")
            message.body = Data(body.utf8)
            let answer = try #require(await harness.scheduler.answer(message, from: "c", commandsTo: inbox))
            #expect(throws: QueryError.self) { try AnswerMessage.read(CommandAnswer.self, answer) }
        }
        let many = CancelQuery(tasks: (1...1001).map { TaskID($0) }).message(from: "c", correlation: "1")
        #expect(await harness.scheduler.answer(many, from: "c", commandsTo: inbox) != nil)
        let command = CancelQuery(tasks: [1]).message(from: "c", correlation: "1")
        for _ in 0..<64 { #expect(await harness.scheduler.answer(command, from: "c", commandsTo: inbox) == nil) }
        let full = try #require(await harness.scheduler.answer(command, from: "c", commandsTo: inbox))
        do {
            _ = try AnswerMessage.read(CommandAnswer.self, full)
            Issue.record("taken")
        } catch {
            #expect(error.code == .unavailable)
        }
        var turns = 0
        while turns < 8 {
            #expect(await inbox.take().commands.count == 8)
            turns += 1
        }
    }

    @Test func `searches and counts`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register(concurrency: 100)
        _ = await harness.submit((0..<30).map(String.init))
        _ = await harness.result(failed(1, 4), failed(1, 7), .init(id: 9, attempt: 1, outcome: .failed(TaskError(.invalidInput, "other"))))
        _ = await harness.register(running: [.init(task: 1, attempt: 1)])
        func ask<Asked: Query>(_ query: Asked) async throws -> Asked.Answer {
            let answer = await harness.scheduler.answer(query.message(from: "c", correlation: "1"))
            return try AnswerMessage.read(Asked.Answer.self, answer)
        }
        let found = try await ask(TasksQuery(TaskFilter(state: .failed, text: "NO number")))
        #expect(found.tasks.map(\.id) == [7, 4] && found.next == nil)
        let page = try await ask(TasksQuery(TaskFilter(state: .failed), limit: 2))
        #expect(page.tasks.map(\.id) == [9, 7] && page.next != nil)
        #expect(try await ask(TasksQuery(TaskFilter(state: .failed), before: page.next, limit: 2)).tasks.map(\.id) == [4])
        #expect(try await ask(TasksQuery(TaskFilter(state: .running, createdSince: .now() + .seconds(60)))).tasks.isEmpty)
        #expect(try await ask(TasksQuery(TaskFilter(state: .running))).tasks.map(\.id) == [1])
        #expect(try await ask(MatchesQuery(TaskFilter(state: .failed))) == .init(count: 3))
        #expect(try await ask(MatchesQuery(TaskFilter(text: "other"))) == .init(count: 1))
        #expect(try await ask(MatchesQuery(TaskFilter(), before: 11)) == .init(count: 10))
    }
}

extension SchedulerHarness {
    /// Gives a command; it waits in the inbox.
    func ask(_ query: some Query, _ inbox: Inbox) async throws {
        let message = query.message(from: "replyTo", correlation: "o")
        if let answer = await scheduler.answer(message, from: "replyTo", commandsTo: inbox) {
            _ = try AnswerMessage.read(CommandAnswer.self, answer)
            Issue.record("answered before it was done")
        }
    }

    /// Gives a command and runs the turn that does it.
    func command<Asked: Query>(_ query: Asked) async throws -> (CommandAnswer, Outbound) where Asked.Answer == CommandAnswer {
        let inbox = Inbox()
        try await ask(query, inbox)
        let out = await scheduler.turn(await inbox.take())
        return (try #require(try out.answers(Asked.self).first), out)
    }

    /// The counters in memory say what the store's do.
    func expectCountersOfStore(_ location: SourceLocation = #_sourceLocation) async throws {
        for (type, stored) in try await store.counts() {
            var counts = await counts(type)
            #expect(counts.balances, sourceLocation: location)
            counts.queued += counts.running
            counts.running = 0
            #expect(counts == stored, sourceLocation: location)
        }
    }
}

extension Outbound {
    func answers<Asked: Query>(_: Asked.Type, _ topology: Topology = Topology()) throws -> [Asked.Answer] {
        try publications.filter { $0.exchange == topology.reply.name && AnswerMessage.isAnswer($0.message) }
            .map { try AnswerMessage.read(Asked.Answer.self, $0.message) }
    }
}

extension Scheduler {
    /// The time of the next scheduled task has come.
    fileprivate func becomeDue() { typeQueues[.reverse]?.nextDue = clock.now }
}
