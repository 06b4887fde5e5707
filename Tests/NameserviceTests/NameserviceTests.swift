import AMQP
import Foundation
import Logging
import ServiceLifecycle
import TaskGridCore
import Testing

@testable import Nameservice

@Suite("The nameservice on a real broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct NameserviceTests {
    private let topology = Topology(prefix: "test-\(UUID().uuidString.prefix(8).lowercased())")

    /// Runs the nameservice beside `body`, then shuts it down in order.
    private func withNameservice(_ body: (Ear) async throws -> Void) async throws {
        let ear = try await Ear(
            topology, bindings: [(topology.events.name, "#"), (topology.reply.name, "me"), (topology.dead.name, "")]
        )
        let nameservice = Nameservice(endpoint: try TestBroker.endpoint(), topology: topology, logger: Logger(label: "test"))
        let group = ServiceGroup(services: [nameservice], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            #expect(await ear.hear(GridEvent.self, key: "grid.started")?.service == "nameservice")
            try await body(ear)
            await group.triggerGracefulShutdown()
            #expect(await ear.hear(GridEvent.self, key: "grid.stopped")?.service == "nameservice")
            try await tasks.waitForAll()
        }
        await ear.close(topology)
    }

    @Test func tellsWhoJoinsAndLeaves() async throws {
        try await withNameservice { ear in
            let worker = RegistryMessage.sample("a", interval: 100)
            try await ear.say(topology.registry, "register.reverse", worker.message(.register))
            #expect(await ear.hear(WorkerEvent.self, key: "worker.joined")?.worker == worker)
            // It says nothing more: its lease of 300 ms ends.
            let left = await ear.hear(WorkerEvent.self, key: "worker.left")
            #expect(left?.worker.worker == "a")
            #expect(left?.reason == .leaseExpired)

            try await ear.say(topology.registry, "heartbeat.reverse", RegistryMessage.sample("b").message(.heartbeat))
            #expect(await ear.hear(WorkerEvent.self, key: "worker.joined")?.worker.worker == "b")
            try await ear.say(topology.registry, "deregister.reverse", RegistryMessage.sample("b").message(.deregister))
            #expect(await ear.hear(WorkerEvent.self, key: "worker.left")?.reason == .deregistered)
        }
    }

    @Test func answersWhoLives() async throws {
        try await withNameservice { ear in
            try await ear.say(topology.registry, "register.hash", RegistryMessage.sample("a", types: ["hash"]).message(.register))
            _ = await ear.hear(WorkerEvent.self, key: "worker.joined")
            let question = WorkersQuestion(type: try TaskType("hash"))
            try await ear.say(topology.rpc, "nameservice", question.message(from: "me", correlation: "7"))
            let answer = try #require(await ear.hear { $0.routingKey == "me" ? $0.message : nil })
            #expect(answer.properties.correlationID == "7")
            #expect(try AnswerMessage.read(WorkersQuestion.Answer.self, answer).workers.map(\.worker.worker) == ["a"])
        }
    }

    @Test func putsWhatItCannotReadToTheDead() async throws {
        try await withNameservice { ear in
            try await ear.say(topology.registry, "register.x", Message(body: Data("no json".utf8)))
            let reason = await ear.hear { $0.exchange == topology.dead.name ? $0.message.properties.headers["taskgrid-reason"]?.text : nil }
            #expect(reason?.hasPrefix("bad_property") == true)
        }
    }

    @Test func endsAtOnceWhereThereIsNoBroker() async throws {
        let nameservice = Nameservice(
            endpoint: Endpoint(host: "127.0.0.1", port: 1), topology: topology, logger: Logger(label: "test")
        )
        let group = ServiceGroup(services: [nameservice], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            await Task.yield()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
