import Foundation
import Logging
import TaskGridCore
import TaskStore
import TaskStoreConformance
import TestSupport
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("The rights of users")
struct RightsTests {
    private static let policy = AccessPolicy(users: [
        "app": [.submit: ["reverse"], .read: ["reverse"], .cancel: ["reverse"], .retry: ["rev*"], .pause: ["reverse"]],
        "other": [.submit: ["*"]], "crew": [.serve: ["reverse", "sum"]], "admin": [.read: ["*"], .cancel: ["*"], .administer: ["*"]],
    ])

    private func harness() async throws -> SchedulerHarness {
        var configuration = DispatcherConfiguration.quick
        configuration.access = Self.policy
        let harness = try await SchedulerHarness(configuration)
        _ = await harness.register("crew.w1", types: [.reverse, .sum])
        return harness
    }

    private func handler(_ harness: SchedulerHarness) -> QueryHandler {
        QueryHandler(store: harness.store, scheduler: harness.scheduler, access: Self.policy, logger: .silent)
    }

    @Test func `a type is allowed by its name, by its beginning, or as one of all`() {
        let policy = AccessPolicy(users: ["u": [.submit: ["sum", "rev*"], .read: ["*"]]])
        #expect(policy.allows("u", .submit, .sum) && policy.allows("u", .submit, .reverse))
        #expect(!policy.allows("u", .submit, TaskType(literal: "sums")) && !policy.allows("u", .submit, nil))
        #expect(policy.allows("u", .read, nil) && policy.allows("u", .read, .sum))
        #expect(!policy.allows("u", .cancel, .sum) && !policy.allows("stranger", .read, .sum))
    }

    @Test func `a policy is read as it is written, and one with an unknown right is refused`() throws {
        #expect(try JSON.decode(AccessPolicy.self, JSON.encode(Self.policy)) == Self.policy)
        #expect(throws: WireError.self) { try JSON.decode(AccessPolicy.self, Data(#"{"users": {"u": {"fly": ["*"]}}}"#.utf8)) }
    }

    @Test(arguments: [("app.c1", TaskType.reverse, true), ("app.c1", .sum, false), ("other.c1", .sum, true), ("crew.c1", .reverse, false)])
    func `a submission is accepted where its user may submit tasks of the type`(client: String, type: TaskType, isAllowed: Bool)
        async throws
    {
        let harness = try await harness()
        let reply = try #require(try await harness.submit(["a"], type: type, client: client).replies().first)
        if case .rejected(let rejection) = reply.content {
            #expect(rejection.code == .forbidden && !isAllowed)
        } else {
            #expect(isAllowed)
        }
        #expect(await harness.counts(type).submitted == (isAllowed ? 1 : 0))
    }

    @Test(arguments: [("crew", true), ("app", false)])
    func `a result counts where its user may serve the type, whatever proof it shows`(user: String, counts: Bool) async throws {
        let harness = try await harness()
        _ = await harness.submit(["a"], client: "app.c1")
        let out = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data("r".utf8))), worker: "\(user).w1")
        #expect(await harness.counts().succeeded == (counts ? 1 : 0))
        #expect(out.dead().map { $0.message.properties.headers[WireFormat.Header.user]?.text } == (counts ? [] : [user]))
        #expect(await harness.scheduler.takeEvents().first { $0.type == .reverse }?.refused == (counts ? 0 : 1))
    }

    @Test func `a result without the right does not hide that another one is made up`() async throws {
        let harness = try await harness()
        _ = await harness.submit(["a"], client: "app.c1")
        let forged = Results.Item(
            id: 1, attempt: 1, proof: harness.store.proofKey.proof(of: 2, attempt: 1, type: .reverse), outcome: .succeeded(Data()))
        for worker in ["app.w1", "crew.w1"] {
            let out = await harness.result(forged, worker: worker)
            #expect(out.publications.contains { $0.routingKey == "grid.warning" }, "\(worker)")
        }
    }

    @Test func `a result that cannot be read fails no attempt of a type that its user may not serve`() async throws {
        let harness = try await harness()
        _ = await harness.submit(["a"], client: "app.c1")
        for (user, fails) in [("app", false), ("crew", true)] {
            let results = Results(
                form: .single, type: .reverse, store: harness.store.identity, worker: "\(user).w1",
                items: [.init(id: 1, attempt: 1, outcome: .succeeded(Data()))])
            var message = results.proven(by: harness.store.proofKey).message(isPersistent: true)
            message.properties.headers[WireFormat.Header.status] = "done"
            let unreadable = message
            _ = await harness.turn { $0.arrivals = [harness.delivery(unreadable, from: harness.topology.resultsQueue)] }
            #expect(await (harness.machine(1)?.failures == 0) == !fails, "\(user)")
        }
    }

    @Test func `a worker gets tasks of the types that its user may serve, and is refused where there are none`() async throws {
        let harness = try await harness()
        let hash = TaskType(literal: "hash")
        let (some, none) = (await harness.register("crew.w2", types: [hash, .sum]), await harness.register("app.w1", types: [hash]))
        let workers = await harness.scheduler.workers
        #expect(workers.workers["crew.w2"]?.message.types == [.sum] && workers.workers["app.w1"] == nil && !workers.serves(hash))
        for out in [some, none] { #expect(out.publications.contains { $0.routingKey == "grid.error" }) }
    }

    @Test func `a second user without rights is warned of, once`() async throws {
        for access in [nil, Self.policy] {
            let lines = Journal<LogLine>()
            var configuration = DispatcherConfiguration.quick
            configuration.access = access
            let harness = try await SchedulerHarness(configuration, logger: Logger(into: lines))
            func warnings() -> [LogLine] { lines.entries.filter { $0.message.contains("dispatcher.rights") } }
            _ = await harness.register("crew.w1")
            _ = await harness.register("crew.w2")
            _ = await harness.submit(["a"], client: "crew.c1")
            #expect(warnings().isEmpty)
            _ = await harness.submit(["a"], client: "app.c1")
            _ = await harness.register("third.w1")
            #expect(warnings().map(\.level) == (access == nil ? [.warning] : []))
        }
    }

    @Test func `a user reads its own tasks and those of its types, and acts on types that it has the right to`() async throws {
        let harness = try await harness()
        _ = await harness.submit(["a"], client: "app.c1")
        _ = await harness.submit(["b"], type: .sum, client: "other.c1")
        let handler = handler(harness)
        func isAllowed(_ user: String, _ query: some Query) async -> Bool {
            do {
                try await handler.authorize(query.message(from: "\(user).c1", correlation: "1"), by: user)
                return true
            } catch {
                #expect((error as? QueryError)?.code == .forbidden)
                return false
            }
        }
        #expect(await isAllowed("app", TaskQuery(id: 1)))
        #expect(await !isAllowed("app", TaskQuery(id: 2)))
        #expect(await !isAllowed("app", EndingsQuery(tasks: [1, 2])))
        #expect(await isAllowed("other", EndingsQuery(tasks: [2])), "it has submitted it")
        #expect(await !isAllowed("other", ContentQuery(id: 1, part: .payload)))
        #expect(await isAllowed("app", TasksQuery(TaskFilter(type: .reverse))))
        #expect(await !isAllowed("app", TasksQuery(TaskFilter())))
        #expect(await !isAllowed("app", FailuresQuery(TaskFilter(type: .sum))))
        #expect(await isAllowed("app", CancelQuery(tasks: [1])))
        #expect(await !isAllowed("app", CancelQuery(tasks: [1, 2])))
        #expect(await isAllowed("app", RetryQuery(matching: TaskFilter(type: .reverse))))
        #expect(await !isAllowed("app", RetryQuery(matching: TaskFilter())))
        #expect(await !isAllowed("app", BulkQuery(.cancel, matching: TaskFilter(), expected: 1, id: "b")))
        #expect(await isAllowed("app", PauseQuery(types: [.reverse])))
        #expect(await !isAllowed("app", PauseQuery(types: [.reverse, .sum])))
        #expect(await !isAllowed("app", ForgetQuery(types: [.reverse])))
        #expect(await isAllowed("admin", ForgetQuery(types: [.reverse])))
        #expect(await isAllowed("admin", TasksQuery(TaskFilter())))
        #expect(await !isAllowed("crew", TaskQuery(id: 1)))
        #expect(await isAllowed("crew", CountsQuery()))
    }

    @Test func `a task that comes to be after a query or a command was allowed is neither read nor changed without the right`() async throws
    {
        let harness = try await harness()
        let handler = handler(harness)
        _ = await harness.submit(["a"], client: "app.c1")
        func message(_ query: some Query) -> Message { query.message(from: "app.c1", correlation: "1").verified }
        let cancel = message(CancelQuery(tasks: [1, 2]))
        let reads = [
            message(TaskQuery(id: 2)), message(ContentQuery(id: 2, part: .payload)), message(EndingsQuery(tasks: [1, 2])),
        ]
        for query in reads + [cancel] { try await handler.authorize(query, by: "app") }
        let command = try await handler.command(cancel, from: "app.c1", until: .now + .seconds(5))
        _ = await harness.submit(["b"], type: .sum, client: "other.c1")

        let out = await harness.turn { $0.commands = [command] }
        #expect(
            try out.answers(CancelQuery.self).map(\.tasks) == [
                [.init(id: 1, outcome: .done, state: .queued), .init(id: 2, outcome: .unknown)]
            ])
        #expect(await harness.machine(2, .sum)?.state == .queued)
        _ = await harness.result(.init(id: 2, attempt: 1, outcome: .succeeded(Data())), worker: "crew.w1", type: .sum)
        for query in reads {
            let error = await #expect(throws: QueryError.self) {
                _ = try AnswerMessage.read(TaskRecord.self, await handler.answer(query, until: .now + .seconds(5)))
            }
            #expect(error?.code == .forbidden, "\(query.properties.type ?? "")")
        }
        let retry = AdminCommand(kind: .retry, tasks: [2], query: message(RetryQuery(tasks: [2])), replyTo: "app.c1")
        #expect(
            try await harness.turn { $0.commands = [retry] }.answers(RetryQuery.self).map(\.tasks) == [[.init(id: 2, outcome: .unknown)]])
    }

    @Test func `all ids of a query are looked at, however many the store reads at a time`() async throws {
        let harness = try await harness()
        _ = await harness.submit(Array(repeating: "a", count: 3), client: "app.c1")
        _ = await harness.submit(["b"], type: .sum, client: "other.c1")
        let handler = QueryHandler(
            store: ReadingOneByOne(store: harness.store), scheduler: harness.scheduler, access: Self.policy, logger: .silent)
        let query = EndingsQuery(tasks: [1, 2, 3, 4]).message(from: "app.c1", correlation: "1")
        let error = await #expect(throws: QueryError.self) { try await handler.authorize(query, by: "app") }
        #expect(error?.code == .forbidden)
    }

    @Test(arguments: [("crew.x", true), ("crew", false)])
    func `a worker serves by the user that the broker has verified, whatever its name`(user: String, serves: Bool) async throws {
        var configuration = DispatcherConfiguration.quick
        configuration.access = AccessPolicy(users: ["crew.x": [.serve: ["reverse"]]])
        let harness = try await SchedulerHarness(configuration)
        let worker = RegistryMessage(
            worker: "crew.x.w1", host: "", pid: 0, version: "", types: [.reverse], concurrency: 1, prefetch: 1, batch: false,
            started: .now())
        var message = worker.message(.heartbeat)
        message.properties.userID = user
        let read = try RegistryMessage.decode(message, routingKey: "heartbeat.crew.x.w1")
        _ = await harness.turn { $0.registry = [read] }
        #expect((await harness.scheduler.workers.workers["crew.x.w1"] != nil) == serves)
    }

    @Test(arguments: ["app", "taskgrid-monitor"])
    func `nobody submits, runs or speaks for another`(user: String) async throws {
        let harness = try await harness()
        func acting(_ message: Message) -> Message {
            var message = message
            message.properties.headers[WireFormat.Header.actor] = "alice"
            message.properties.userID = user
            return message
        }
        let submission = Submission(
            form: .single, type: .reverse, key: "k", client: "\(user).c1", tasks: [Submission.Task(payload: Data())])
        let results = Results(
            form: .single, type: .reverse, store: harness.store.identity, worker: "\(user).w1",
            items: [.init(id: 1, attempt: 1, outcome: .returned)])
        for (message, queue) in [
            (submission.message(), harness.topology.submitQueue), (results.message(isPersistent: true), harness.topology.resultsQueue),
        ] {
            guard case .unreadable(_, _, let error, _) = harness.delivery(acting(message), from: queue).content else {
                Issue.record("\(queue.name) takes it")
                continue
            }
            #expect(error.code == .wrongUser)
        }
        let worker = RegistryMessage(
            worker: "\(user).w1", host: "", pid: 0, version: "", types: [.reverse], concurrency: 1, prefetch: 1, batch: false,
            started: .now())
        let error = #expect(throws: WireError.self) {
            _ = try RegistryMessage.decode(acting(worker.message(.heartbeat)), routingKey: "heartbeat.\(user).w1")
        }
        #expect(error?.code == .wrongUser)
    }
}

/// A store that reads one task at a time.
private struct ReadingOneByOne: ForwardingTaskStore {
    let store: any TaskStore

    func tasks(_ ids: [TaskID], content: ContentLimit) async throws(StoreError) -> TaskPage<TaskRecord> {
        let page = try await store.tasks(Array(ids.prefix(1)), content: content)
        return TaskPage(elements: page.elements, next: ids.count > 1 ? ids[1] : nil)
    }
}
