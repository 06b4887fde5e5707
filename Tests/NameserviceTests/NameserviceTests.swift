import AMQP
import Foundation
import Logging
import ServiceLifecycle
import TaskGridCore
import TestSupport
import Testing

@testable import Nameservice

@Suite("The nameservice on a real broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct NameserviceTests {
    /// The ids of a client and of workers, which begin with the user.
    private let me = "me".owned(by: TestBroker.user)
    private let a = "a".owned(by: TestBroker.user)
    private let b = "b".owned(by: TestBroker.user)
    private let topology = Topology(prefix: "test-\(UUID().uuidString.prefix(8).lowercased())")

    /// Runs nameservices beside `body`, then shuts them down in order.
    private func withNameservice(count: Int = 1, _ body: (BrokerProbe) async throws -> Void) async throws {
        let probe = try await BrokerProbe(
            topology,
            bindings: [
                (topology.events, "#"), (topology.reply, me), (topology.dead, ""), (topology.control, Topology.allWorkersKey),
            ]
        )
        let endpoint = try TestBroker.endpoint()
        let nameservices = (0..<count).map { _ in Nameservice(endpoint: endpoint, topology: topology, logger: Logger(label: "test")) }
        let group = ServiceGroup(services: nameservices, logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for _ in nameservices { #expect(await probe.hear(GridEvent.self, key: "grid.started")?.service == "nameservice") }
            try await body(probe)
            await group.triggerGracefulShutdown()
            for _ in nameservices { #expect(await probe.hear(GridEvent.self, key: "grid.stopped")?.service == "nameservice") }
            try await tasks.waitForAll()
        }
        await probe.close(topology)
    }

    @Test func `workers that join and leave are published as events`() async throws {
        try await withNameservice { probe in
            let worker = RegistryMessage.sample(a, interval: 100)
            try await probe.say(topology.registry, Topology.registryKey(.register, worker: worker.worker), worker.message(.register))
            #expect(await probe.hear(WorkerEvent.self, key: "worker.joined")?.worker == worker)
            // It says nothing more: its lease of 300 ms ends.
            let left = await probe.hear(WorkerEvent.self, key: "worker.left")
            #expect(left?.worker.worker == a)
            #expect(left?.reason == .leaseExpired)

            let other = RegistryMessage.sample(b, interval: 60_000)
            try await probe.say(topology.registry, Topology.registryKey(.heartbeat, worker: other.worker), other.message(.heartbeat))
            #expect(await probe.hear(WorkerEvent.self, key: "worker.joined")?.worker.worker == b)
            try await probe.say(topology.registry, Topology.registryKey(.deregister, worker: other.worker), other.message(.deregister))
            #expect(await probe.hear(WorkerEvent.self, key: "worker.left")?.reason == .deregistered)
        }
    }

    @Test func `the query for workers is answered with those that live`() async throws {
        try await withNameservice { probe in
            let worker = RegistryMessage.sample(a, types: ["hash"], interval: 60_000)
            try await probe.say(topology.registry, Topology.registryKey(.register, worker: worker.worker), worker.message(.register))
            _ = await probe.hear(WorkerEvent.self, key: "worker.joined")
            let query = WorkersQuery(type: TaskType(literal: "hash"))
            try await probe.say(topology.rpc, "nameservice", query.message(from: me, correlation: "7"))
            let answer = try #require(await probe.hear { $0.routingKey == me ? $0.message : nil })
            #expect(answer.properties.correlationID == "7")
            #expect(try AnswerMessage.read(WorkersQuery.Answer.self, answer).workers.map(\.worker.worker) == [a])
        }
    }

    @Test func `an unreadable message goes to the dead-letter queue`() async throws {
        try await withNameservice { probe in
            try await probe.say(topology.registry, "register.x", Message(body: Data("no json".utf8)))
            let reason = await probe.hear {
                $0.exchange == topology.dead.name ? $0.message.properties.headers["taskgrid-reason"]?.text : nil
            }
            #expect(reason?.hasPrefix("bad_property") == true)
        }
    }

    /// Each unusable message goes to the dead-letter queue once, and the next one is read.
    @Test func `the nameservice goes on after an unreadable message`() async throws {
        try await withNameservice { probe in
            let bad: [(Exchange, String, Message, String)] = [
                (topology.registry, "register.x", Message(properties: BasicProperties(type: "register")), "malformed_body"),
                (
                    topology.registry, "heartbeat.x", Message(properties: BasicProperties(type: "heartbeat"), body: Data([0xFF])),
                    "malformed_body"
                ),
                (topology.registry, "heartbeat.x", RegistryMessage.sample("\(a)\u{1B}").message(.heartbeat), "malformed_body"),
                (topology.rpc, "nameservice", Message(properties: BasicProperties(type: "workers")), "missing_property"),
            ]
            for (exchange, key, message, code) in bad {
                try await probe.say(exchange, key, message)
                let reason = await probe.hear {
                    $0.exchange == topology.dead.name ? $0.message.properties.headers["taskgrid-reason"]?.text : nil
                }
                #expect(reason?.hasPrefix(code) == true)
            }
            try await probe.say(topology.registry, Topology.registryKey(.register, worker: b), RegistryMessage.sample(b).message(.register))
            #expect(await probe.hear(WorkerEvent.self, key: "worker.joined")?.worker.worker == b)
            #expect(try await probe.connection.depth(of: topology.deadQueue.name).messages == bad.count)
        }
    }

    /// It answers a query that comes before the worker's answer to the roll call, and knows the worker all the same.
    @Test func `a query is answered once the workers have had the time to answer the roll call`() async throws {
        try await withNameservice { probe in
            #expect(await probe.hear { $0.exchange == topology.control.name ? $0.message.properties.type : nil } == "heartbeat")
            try await probe.say(topology.rpc, "nameservice", WorkersQuery().message(from: me, correlation: "7"))
            let worker = RegistryMessage.sample(a, interval: 60_000)
            try await probe.say(topology.registry, Topology.registryKey(.heartbeat, worker: worker.worker), worker.message(.heartbeat))
            let answer = try #require(await probe.hear { $0.routingKey == me ? $0.message : nil })
            #expect(try AnswerMessage.read(WorkersQuery.Answer.self, answer).workers.map(\.worker.worker) == [a])
        }
    }

    @Test func `two nameservices hear every worker, each for itself`() async throws {
        try await withNameservice(count: 2) { probe in
            let worker = RegistryMessage.sample(a, interval: 60_000)
            for (key, message) in [("joined", worker.message(.register)), ("left", worker.message(.deregister))] {
                try await probe.say(topology.registry, "\(message.properties.type ?? "").\(a)", message)
                for _ in 0..<2 { #expect(await probe.hear(WorkerEvent.self, key: "worker.\(key)")?.worker.worker == a) }
            }
        }
    }

    @Test func `a nameservice told to stop ends at once if there is no broker`() async throws {
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
