import Foundation
import TaskGridCore
import TaskStore
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

    @Test func `a worker whose user may not serve one of its types is refused`() async throws {
        let harness = try await harness()
        let out = await harness.register("app.w1", types: [TaskType(literal: "hash")])
        #expect(await harness.scheduler.workers.workers["app.w1"] == nil)
        #expect(out.publications.contains { $0.routingKey == "grid.error" })
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
}
