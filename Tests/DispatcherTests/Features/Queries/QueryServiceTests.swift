import AMQP
import Foundation
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore
import TestSupport
import Testing

@testable import Dispatcher

@Suite("The loops that answer queries", .timeLimit(.minutes(1))) struct QueryServiceTests {
    /// A service that a test asks, and that publishes into a journal.
    private struct Asked {
        let replies: Journal<Publication>
        let ask: @Sendable (Message) -> Void

        /// The answers to a caller's queries, by their correlation.
        func answer(_ correlation: String) async throws -> Message {
            try await replies.first { $0.message.properties.correlationID == correlation ? $0.message : nil }
        }
    }

    /// Runs a service of the harness beside `body`.
    private func serve(
        _ harness: SchedulerHarness, access: AccessPolicy? = nil, logger: Logger = .silent,
        publish: @escaping @Sendable (Publication) async -> PublishOutcome = { _ in .confirmed },
        _ body: (Asked) async throws -> Void
    ) async throws {
        let replies = Journal<Publication>()
        let (messages, source) = AsyncStream.makeStream(of: [Message].self)
        let inbox = Inbox()
        let service = QueryService(
            handler: QueryHandler(store: harness.store, scheduler: harness.scheduler, access: access, logger: logger), inbox: inbox,
            topology: harness.topology, vitals: Vitals()
        ) { publications in
            var outcomes: [PublishOutcome] = []
            for publication in publications {
                outcomes.append(await publish(publication))
                replies.add(publication)
            }
            return outcomes
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await service.run {
                    for await next in messages { return next }
                    return nil
                }
            }
            group.addTask {
                // The turns.
                while !Task.isCancelled {
                    let intake = await inbox.take()
                    for publication in await harness.scheduler.turn(intake).publications { replies.add(publication) }
                    if intake.isFinished { return }
                }
            }
            defer {
                source.finish()
                inbox.update { $0.isFinished = true }
            }
            try await body(Asked(replies: replies) { source.yield([$0.verified]) })
        }
    }

    @Test func `the monitor alone asks for others, whatever it asks`() async throws {
        let harness = try await SchedulerHarness()
        let access = AccessPolicy(users: ["app": [.read: ["*"]], "taskgrid-monitor": [.read: ["*"]]])
        try await serve(harness, access: access) { service in
            for (user, isAllowed) in [("app", false), ("taskgrid-monitor", true)] {
                let queries = [
                    CountsQuery().message(from: "\(user).1", correlation: "\(user) lookup", actor: "alice"),
                    TasksQuery(TaskFilter()).message(from: "\(user).1", correlation: "\(user) search", actor: "alice"),
                ]
                for query in queries { service.ask(query) }
                for query in queries {
                    let answer = try await service.answer(query.properties.correlationID ?? "")
                    #expect((answer.properties.headers[WireFormat.Header.status] == "answer") == isAllowed)
                }
            }
        }
    }

    @Test func `the log says what each command was about, and which was refused`() async throws {
        let harness = try await SchedulerHarness()
        let lines = Journal<LogLine>()
        let access = AccessPolicy(users: ["app": [.pause: ["sum"]]])
        try await serve(harness, access: access, logger: Logger(into: lines)) { service in
            service.ask(PauseQuery(types: [.reverse]).message(from: "app.1", correlation: "refused"))
            _ = try await service.answer("refused")
            service.ask(PauseQuery(types: [.sum]).message(from: "app.1", correlation: "done"))
            _ = try await service.answer("done")
        }
        let told = lines.entries.filter { $0.metadata[LogKey.accessAction] == "\(PauseQuery.name)" }
        #expect(told.map(\.message) == ["command refused", "command taken up"])
        #expect(told.map { $0.metadata[LogKey.taskTypes] } == ["reverse", "sum"])
        #expect(told.allSatisfy { $0.metadata[LogKey.clientID] == "app.1" })
        let why = told.first?.metadata[LogKey.error].map { "\($0)" } ?? ""
        #expect(why.contains("'pause'"))
        let many = CancelQuery(tasks: (1...12).map { TaskID($0) }).message(from: "a", correlation: "c")
        #expect(many.commandSubject[LogKey.taskIDs] == "1,2,3,4,5,6,7,8,9,10,…" && many.commandSubject[LogKey.taskCount] == "12")
    }

    @Test func `a command that finds no room is told of as refused, and not as taken up`() async throws {
        let harness = try await SchedulerHarness()
        let (lines, replies, inbox) = (Journal<LogLine>(), Journal<Publication>(), Inbox())
        let command = CancelQuery(tasks: [1]).message(from: "app.1", correlation: "c").verified
        // No turn takes any of them.
        while inbox.put(AdminCommand(kind: .cancel, tasks: [1], query: command, replyTo: "app.1")) {}
        let service = QueryService(
            handler: QueryHandler(store: harness.store, scheduler: harness.scheduler, logger: Logger(into: lines)), inbox: inbox,
            topology: harness.topology, vitals: Vitals()
        ) { publications in
            for publication in publications { replies.add(publication) }
            return publications.map { _ in .confirmed }
        }
        let messages = Mutex([command])
        await service.run {
            messages.withLock { messages in
                defer { messages = [] }
                return messages.isEmpty ? nil : messages
            }
        }
        #expect(lines.entries.map(\.message) == ["command refused"])
        #expect(replies.entries.map { $0.message.properties.correlationID } == ["c"])
    }

    @Test func `commands and quick queries are answered while every search loop is held up`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register(concurrency: 0)
        _ = await harness.submit(["a", "b"]) { $0.due = .now() + .seconds(3600) }
        let (held, gate) = (Journal<String>(), Latch())
        @Sendable func publish(_ publication: Publication) async -> PublishOutcome {
            guard publication.message.properties.type == TasksQuery.name else { return .confirmed }
            held.add(publication.message.properties.correlationID ?? "")
            try? await gate.wait()
            return .confirmed
        }
        try await serve(harness, publish: publish) { service in
            for number in 0..<8 {
                service.ask(
                    TasksQuery(TaskFilter(state: .scheduled, text: "nothere")).message(from: "a\(number)", correlation: "s\(number)"))
            }
            try await held.wait(beyond: QueryService.loops - 1)
            service.ask(CancelQuery(tasks: [1]).message(from: "a1", correlation: "cancel"))
            let cancelled = try AnswerMessage.read(CommandAnswer.self, try await service.answer("cancel"))
            #expect(cancelled.tasks.map(\.outcome) == [.done])
            service.ask(TaskQuery(id: 1).message(from: "a1", correlation: "status"))
            #expect(try AnswerMessage.read(TaskRecord.self, try await service.answer("status")).status == .cancelled)
            #expect(held.entries.count == QueryService.loops)
            gate.open()
            for number in 0..<8 { _ = try await service.answer("s\(number)") }
        }
    }

    @Test func `a query whose caller has given up is not answered`() async throws {
        let harness = try await SchedulerHarness()
        try await serve(harness) { service in
            service.ask(CountsQuery().message(from: "a", correlation: "late", within: .zero))
            service.ask(TasksQuery().message(from: "a", correlation: "late too", within: .zero))
            service.ask(CountsQuery().message(from: "a", correlation: "in time"))
            service.ask(TasksQuery().message(from: "a", correlation: "in time too"))
            _ = try await service.answer("in time")
            _ = try await service.answer("in time too")
            #expect(Set(service.replies.entries.map { $0.message.properties.correlationID }) == ["in time", "in time too"])
        }
    }

    @Test func `a caller with too many queries is told so, and others are answered`() async throws {
        let harness = try await SchedulerHarness()
        let (held, gate) = (Journal<String>(), Latch())
        @Sendable func publish(_ publication: Publication) async -> PublishOutcome {
            guard publication.message.properties.headers[WireFormat.Header.status]?.text == "answer" else { return .confirmed }
            held.add("")
            try? await gate.wait()
            return .confirmed
        }
        try await serve(harness, publish: publish) { service in
            for number in 0..<QueryService.loops {
                service.ask(MatchesQuery(TaskFilter()).message(from: "flood", correlation: "f\(number)"))
                try await held.wait(beyond: number)
            }
            for number in 0..<65 { service.ask(MatchesQuery(TaskFilter()).message(from: "flood", correlation: "w\(number)")) }
            let refusal = try await service.answer("w64")
            #expect(throws: QueryError.self) { try AnswerMessage.read(MatchesQuery.Answer.self, refusal) }
            service.ask(MatchesQuery(TaskFilter()).message(from: "other", correlation: "o"))
            gate.open()
            _ = try await service.answer("o")
        }
    }

    @Test func `a user with a client for each query does not keep another user's waiting`() async throws {
        let harness = try await SchedulerHarness()
        let (held, gate) = (Journal<String>(), Latch())
        @Sendable func publish(_ publication: Publication) async -> PublishOutcome {
            guard publication.message.properties.headers[WireFormat.Header.status]?.text == "answer" else { return .confirmed }
            held.add(publication.message.properties.correlationID ?? "")
            try? await gate.wait()
            return .confirmed
        }
        try await serve(harness, publish: publish) { service in
            for number in 0..<QueryService.loops {
                service.ask(MatchesQuery(TaskFilter()).message(from: "flood.\(number)", correlation: "f\(number)"))
                try await held.wait(beyond: number)
            }
            for number in 0..<257 { service.ask(MatchesQuery(TaskFilter()).message(from: "flood.\(number)", correlation: "w\(number)")) }
            let refusal = try await service.answer("w256")
            #expect(throws: QueryError.self) { try AnswerMessage.read(MatchesQuery.Answer.self, refusal) }
            service.ask(MatchesQuery(TaskFilter()).message(from: "app.1", correlation: "o"))
            // The next query that is taken up waits behind it, so it has been put into its queue.
            service.ask(CancelQuery(tasks: [1]).message(from: "app.1", correlation: "c"))
            _ = try await service.answer("c")
            gate.open()
            _ = try await service.answer("o")
            // Two loops take queries at the same time, so that it need not be the second. It came as the last of all.
            let index = try #require(held.entries.firstIndex(of: "o"))
            #expect(index < 128, "\(index) others were answered before")
        }
    }

    @Test func `a query that is too large, or has nobody to answer, is refused unread`() async throws {
        let harness = try await SchedulerHarness()
        try await serve(harness) { service in
            var large = CancelQuery(tasks: []).message(from: "a", correlation: "large")
            large.body = Data(repeating: 0x5B, count: QueryLimits.maximumBody + 1)
            service.ask(large)
            let refusal = try await service.answer("large")
            let error = #expect(throws: QueryError.self) { try AnswerMessage.read(CommandAnswer.self, refusal) }
            #expect(error?.code == .badQuery)
            for name in [CancelQuery.name, TasksQuery.name, RetryQuery.name] {
                var nested = CancelQuery(tasks: []).message(from: "a", correlation: "nested \(name)")
                nested.properties.type = name
                nested.body = Data(repeating: 0x5B, count: QueryLimits.maximumBody)
                service.ask(nested)
                let refusal = try await service.answer("nested \(name)")
                #expect(throws: QueryError.self) { try AnswerMessage.read(CommandAnswer.self, refusal) }
            }
            service.ask(CountsQuery().message(from: "", correlation: "nobody"))
            let dead = try await service.replies.first { $0.exchange == harness.topology.dead.name ? $0 : nil }
            #expect(dead.message.properties.headers[WireFormat.Header.reason]?.text?.contains("reply-to") == true)
        }
    }
}
