import AMQP
import Foundation
import Hummingbird
import HummingbirdTesting
import LocalGrid
import Logging
import ServiceLifecycle
import TaskGridCore
import TestSupport
import Testing

@testable import Monitor

@Suite("The monitor on a real broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct MonitorTests {
    private let a = "a".owned(by: TestBroker.user)
    private let topology = Topology(prefix: "test-\(UUID().uuidString.prefix(8).lowercased())")

    /// Runs the monitor beside `body`, which is given the REST interface, then shuts it down in order.
    ///
    /// - Parameter endpoint: the broker's address for the monitor; nil: its own.
    private func withMonitor(
        _ probe: BrokerProbe, endpoint: Endpoint? = nil, _ body: @escaping @Sendable (TestClient) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let monitor = Monitor(
            configuration: MonitorConfiguration(port: 0), endpoint: try endpoint ?? TestBroker.endpoint(), topology: topology,
            logger: Logger(label: "test"), onListening: { port.yield($0) }
        )
        let group = ServiceGroup(services: [monitor], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            #expect(await probe.hear(GridEvent.self, key: "grid.started")?.service == "monitor")
            let port = try #require(await ports.first { _ in true })
            try await TestClient.withClient(host: "127.0.0.1", port: port, operation: body)
            await group.triggerGracefulShutdown()
            #expect(await probe.hear(GridEvent.self, key: "grid.stopped")?.service == "monitor")
            try await tasks.waitForAll()
        }
        await probe.close(topology)
    }

    private func stats(_ client: TestClient) async throws -> [String: Any] {
        let body = try #require(try await client.ask("/stats").body)
        return try #require(try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any])
    }

    @Test func `the monitor shows the events and heartbeats of the grid`() async throws {
        let probe = try await BrokerProbe(topology, bindings: [(topology.events, "#"), (topology.dead, "")])
        try await withMonitor(probe) { client in
            try await probe.say(
                topology.registry, Topology.registryKey(.register, worker: a),
                RegistryMessage.sample(a, interval: 60_000).message(.register))
            let event = TypeEvent.sample([.pending: 3, .succeeded: 5], run: [(2000, 5)])
            try await probe.say(topology.events, "task.reverse", .event(event))
            // It cannot be read; once it is in the dead-letter queue, what was said before it has been taken.
            try await probe.say(topology.events, "task.reverse", Message(body: Data("no json".utf8)))
            let reason = await probe.hear {
                $0.exchange == topology.dead.name ? $0.message.properties.headers["taskgrid-reason"]?.text : nil
            }
            #expect(reason?.hasPrefix("malformed_body") == true)

            let stats = try await stats(client)
            #expect(stats["active_workers"] as? Int == 1)
            #expect(stats["pending_tasks"] as? Int == 3)
            let types = try #require(stats["types"] as? [String: [String: Any]])
            #expect(types["reverse"]?["average_processing_time_ms"] as? Double == 2)
            #expect(try await client.ask("/healthz").status == .ok)
            let queues = String(buffer: try #require(try await client.ask("/queues").body))
            #expect(queues.contains("\"\(topology.prefix).rpc.nameservice\":{\"consumers\":0,\"exists\":true,\"messages\":"))
            #expect(queues.contains("\"\(topology.prefix).work.reverse\":{\"consumers\":null,\"exists\":false,\"messages\":null}"))
        }
    }

    @Test(.enabled(if: Promtool.isThereOrRequired, "promtool is not installed (Debian: prometheus)"))
    func `promtool accepts the metrics of a running monitor`() async throws {
        let probe = try await BrokerProbe(topology, bindings: [(topology.events, "#"), (topology.dead, "")])
        try await withMonitor(probe) { client in
            try await probe.say(
                topology.registry, Topology.registryKey(.register, worker: a),
                RegistryMessage.sample(a, interval: 60_000).message(.register))
            try await probe.say(
                topology.events, "task.reverse", .event(TypeEvent.sample([.pending: 3, .succeeded: 5], run: [(2000, 5)])))
            // Nothing but what it serves tells when it has heard that.
            while true {
                try Task.checkCancellation()
                let text = String(buffer: try #require(try await client.ask("/metrics").body))
                guard text.contains(#"taskgrid_task_run_seconds_count{type="reverse"} 5"#) else { continue }
                try await Promtool.expectNoWord("check", "metrics", input: text)
                break
            }
        }
    }

    @Test func `the monitor asks the services when it starts`() async throws {
        let services = [topology.rpcQueue(.dispatcher), topology.rpcQueue(.nameservice)]
        let probe = try await BrokerProbe(topology, shared: services, bindings: [(topology.events, "#")])
        try await probe.connection.declare(
            Declarations(
                bindings: [Topology.Service.dispatcher, .nameservice].map {
                    Binding(exchange: topology.rpc.name, queue: topology.rpcQueue($0).name, key: $0.rawValue)
                }
            )
        )
        // This one plays the services, and must not miss a query while the other hears that the monitor has started.
        let heard = try await BrokerProbe(topology, bindings: [(topology.events, "#")])
        let counts = CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts([.pending: 9])])
        let workers = WorkersQuery.Answer(workers: [LiveWorker(worker: .sample(a, interval: 60_000), lastSeen: .start)])
        try await withMonitor(heard) { client in
            for _ in 0..<2 {
                let query = try #require(await probe.hear { $0.exchange == topology.rpc.name ? $0.message : nil })
                let answer =
                    query.properties.type == CountsQuery.name
                    ? AnswerMessage.message(.success(counts), to: query) : AnswerMessage.message(.success(workers), to: query)
                try await probe.say(topology.reply, try #require(query.properties.replyTo), answer)
            }
            // The answers are on their way to the monitor; nothing but its REST interface tells when it has taken them.
            while true {
                try Task.checkCancellation()
                let stats = try await stats(client)
                if stats["pending_tasks"] as? Int == 9, stats["active_workers"] as? Int == 1 { break }
            }
            // Before the queues that it consumes are deleted.
            await probe.connection.close()
        }
    }

    /// A broker in alarm says so to those who publish, and reads nothing more of them (rabbitmq.com/docs/connection-blocked).
    @Test func `queues are shown during a broker alarm`() async throws {
        let probe = try await BrokerProbe(topology, bindings: [(topology.events, "#"), (topology.dead, "")])
        var endpoint = try TestBroker.endpoint()
        let (publishers, ended) = (Journal<Int>(), Journal<Proxy.Event>())
        let proxy = try Proxy(to: endpoint.addresses[0].host, port: endpoint.addresses[0].port) { event in
            if case .ended = event { ended.add(event) }
        } onFrame: { frame in
            if frame.method == .basicPublish { publishers.add(frame.link) }
            return .pass
        }
        endpoint.addresses = [.init(host: "127.0.0.1", port: proxy.port)]
        try await withMonitor(probe, endpoint: endpoint) { client in
            let publisher = try await publishers.first { $0 }
            proxy.stall([.towardBroker], .number(publisher))
            proxy.inject([1, 0, 0, 0, 0, 0, 8, 0, 10, 0, 60, 3] + Array("low".utf8) + [0xCE], into: .number(publisher))
            func isBlocked() async throws -> Bool {
                (try await stats(client)["broker"] as? [String: Any])?["blocked"] as? Bool == true
            }
            while try await !isBlocked() { try Task.checkCancellation() }
            let queues = try await client.ask("/queues")
            #expect(queues.status == .ok)
            let metrics = String(buffer: try #require(try await client.ask("/metrics").body))
            #expect(metrics.contains("\ntaskgrid_queue_messages{") && metrics.contains("\ntaskgrid_broker_blocked 1\n"))
            #expect(try await isBlocked())
            #expect(ended.entries.isEmpty)
            proxy.resume([.towardBroker], .number(publisher))
            proxy.inject([1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 61, 0xCE], into: .number(publisher))
            while try await isBlocked() { try Task.checkCancellation() }
        }
    }

    @Test func `a watch knows the same and publishes nothing`() async throws {
        let probe = try await BrokerProbe(topology, bindings: [(topology.events, "grid.*"), (topology.dead, "")])
        try await GridWatch.withWatch(endpoint: try TestBroker.endpoint(), topology: topology, logger: .silent) { watch in
            try await probe.say(topology.events, "task.reverse", Message(body: Data("no json".utf8)))
            try await probe.say(
                topology.registry, Topology.registryKey(.register, worker: a),
                RegistryMessage.sample(a, interval: 60_000).message(.register))
            try await probe.say(topology.events, "task.reverse", .event(TypeEvent.sample([.pending: 3])))
            // Nothing but its statistics tells when it has heard that.
            while true {
                try Task.checkCancellation()
                let stats = try #require(try JSONSerialization.jsonObject(with: watch.statistics()) as? [String: Any])
                if stats["pending_tasks"] as? Int == 3, stats["active_workers"] as? Int == 1 { break }
                await Task.yield()
            }
            let report = watch.report(limits: .rows(10))
            #expect(report.head.statistics.all.pendingTasks == 3 && report.head.types == 1 && report.head.workers == 1)
            #expect(report.types.map(\.type) == [.reverse] && report.workers.map(\.id) == [a])
        }
        // An event that it had told would be heard before this.
        let event = GridEvent(kind: .warning, service: "test", at: .start, message: "the last")
        try await probe.say(topology.events, "grid.warning", .event(event))
        #expect(await probe.hear { $0.exchange == topology.dead.name ? "dead" : $0.routingKey } == "grid.warning")
        await probe.close(topology)
    }

    @Test func `the monitor serves without a broker`() async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let monitor = Monitor(
            configuration: MonitorConfiguration(port: 0), endpoint: Endpoint(host: "127.0.0.1", port: 1), topology: topology,
            logger: .silent, onListening: { port.yield($0) }
        )
        let group = ServiceGroup(services: [monitor], logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            try await TestClient.withClient(host: "127.0.0.1", port: port) { (client: TestClient) async throws -> Void in
                #expect(try await client.ask("/healthz").status == .serviceUnavailable)
                #expect(try await client.ask("/queues").status == .serviceUnavailable)
                #expect(try await client.ask("/stats").status == .ok)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func `a port in use is an error that names it`() async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let nowhere = Endpoint(host: "127.0.0.1", port: 1)
        let first = Monitor(
            configuration: MonitorConfiguration(port: 0), endpoint: nowhere, topology: topology, logger: .silent,
            onListening: { port.yield($0) }
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await first.run() }
            let port = try #require(await ports.first { _ in true })
            let second = Monitor(configuration: MonitorConfiguration(port: port), endpoint: nowhere, topology: topology, logger: .silent)
            let error = await #expect(throws: MonitorError.self) { try await second.run() }
            #expect(error?.code == .cannotListen)
            #expect(error?.message.contains(":\(port) ") == true)
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }
}
