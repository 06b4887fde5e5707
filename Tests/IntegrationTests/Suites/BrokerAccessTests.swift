import AMQP
import Foundation
import LocalGrid
import Logging
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

/// The ways in which an operator may give a grid a broker.
@Suite("The way to the broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(3)))
struct BrokerAccessTests {
    private let type = TaskType(literal: "echo")
    private let id = UUID().uuidString.prefix(8).lowercased()

    /// The permissions are those of the table in `Operating.md`.
    @Test func `everybody works with the permissions that the documentation names, and without the right to declare what others own`()
        async throws
    {
        try await Grid.run { [type, id] grid in
            let prefix = grid.topology.prefix
            func user(_ name: String, configure: String, write: String, read: String) async throws -> Endpoint {
                func pattern(_ names: String) -> String { "^\(prefix)[.]\(names)$" }
                return try await TestBroker.makeUser(
                    name, configure: pattern(configure), write: pattern(write), read: pattern(read))
            }
            let names = [grid.topology.users.nameservice, grid.topology.users.monitor, "worker-\(id)", "client-\(id)"]
            let nameservice = try await user(
                names[0], configure: "registry[.].+", write: "(registry[.].+|events|reply|control|dead)",
                read: "(registry([.].+)?|rpc[.]nameservice)")
            let monitor = try await user(
                names[1], configure: "(monitor|reply)[.].+", write: "((monitor|reply)[.].+|rpc|events|dead)",
                read: "((monitor|reply)[.].+|events|registry|reply)")
            let worker = try await user(
                names[2], configure: "control[.].+", write: "(control([.].+)?|results|registry|dead)",
                read: "(control([.].+)?|work[.]\(type))")
            let client = try await user(
                names[3], configure: "reply[.].+", write: "(reply[.].+|submit|rpc|dead)", read: "(reply([.].+)?|events)")
            // Of the one that has declared its queue of queries.
            try await grid.stopNameservice()
            try await grid.administrator { try await $0.declare(grid.topology.work(type)) }
            let before = grid.logs.count

            _ = try await grid.startNameservice(as: nameservice)
            let (_, port) = try await grid.startMonitor(as: monitor)
            let runs = Journal<RecordedRun>()
            let (_, ran) = try await grid.startWorkers([runs.worker(type)], as: worker)
            try await GridClient.withClient(endpoint: client, topology: grid.topology, logger: grid.logger) { client in
                let texts = (0..<20).map(String.init)
                #expect(try await client.run(type, payloads: texts.payloads, within: .seconds(60)).map(\.result.text) == texts)
                #expect(try await client.workers().map(\.worker.worker) == [ran])
                let counts = try await client.counts()
                #expect(counts[type]?.succeeded == 20)
            }
            try await grid.until {
                let report = try await port.get("stats", as: MonitorPort.Statistics.self).report
                return report.tasks.succeeded == 20 && report.activeWorkers == 1
            }
            let trouble = grid.logs.entries.dropFirst(before).filter {
                $0.message.contains("missing") || $0.message.contains("channel closed") || $0.message.contains("trying again")
            }
            #expect(trouble.isEmpty, "\(trouble.map { "\($0.message) \($0.metadata)" })")
            for name in names { try await TestBroker.removeUser(name) }
        }
    }

    @Test func `a worker that may not declare its queue waits until the dispatcher has`() async throws {
        try await Grid.run { [type, id] grid in
            let prefix = grid.topology.prefix
            let endpoint = try await TestBroker.makeUser(
                "waiting-\(id)", configure: "^\(prefix)[.]control[.].+$", write: "^\(prefix)[.].+$", read: "^\(prefix)[.].+$")
            let runs = Journal<RecordedRun>()
            try await grid.stopDispatcher()
            _ = try await grid.startWorkers([runs.worker(type)], known: false, as: endpoint)
            let queue = grid.topology.workQueue(type).name
            let line = try await grid.logs.first { line in
                line.message == "exchange or queue is missing, waiting for its owner"
                    && "\(line.metadata[AMQPLogKey.error] ?? "")".contains("queue \(queue) is missing") ? line : nil
            }
            // As at every first start of a worker, where it is nothing to warn of.
            #expect(line.level == .info)
            #expect("\(line.metadata[AMQPLogKey.error] ?? "")".hasSuffix("the dispatcher declares it when it runs"))
            try await grid.startDispatcher()
            try await grid.knows(type)
            #expect(try await grid.client.run(type, payloads: ["a"].payloads, within: .seconds(60)).map(\.result.text) == ["a"])
            try await TestBroker.removeUser("waiting-\(id)")
        }
    }

    @Test func `a nameservice that may not declare the exchange of heartbeats waits until the dispatcher has`() async throws {
        try await Grid.run { [type] grid in
            let topology = grid.topology
            func pattern(_ names: String) -> String { "^\(topology.prefix)[.](\(names))$" }
            let endpoint = try await TestBroker.makeUser(
                topology.users.nameservice, configure: pattern("registry[.].+|rpc[.]nameservice"),
                write: pattern("registry[.].+|rpc[.]nameservice|events|reply|control|dead"),
                read: pattern("registry([.].+)?|rpc([.]nameservice)?"))
            try await grid.stopNameservice()
            try await grid.stopDispatcher()
            try await grid.administrator { try await $0.delete(exchange: topology.registry.name) }
            let before = grid.logs.count
            async let starting = grid.startNameservice(as: endpoint)
            try await grid.logs.first(from: before) { line in
                line.message == "exchange or queue is missing, waiting for its owner"
                    && "\(line.metadata[AMQPLogKey.error] ?? "")".contains("exchange \(topology.registry.name) is missing") ? () : nil
            }
            try await grid.startDispatcher()
            _ = try await starting
            // The binding of the test's own queue went with the exchange.
            try await grid.probe.connection.declareAgain()
            let runs = Journal<RecordedRun>()
            let (_, ran) = try await grid.startWorkers([runs.worker(type)])
            #expect(try await grid.client.workers().map(\.worker.worker) == [ran])
            try await TestBroker.removeUser(topology.users.nameservice)
        }
    }

    @Test func `a grid runs on a virtual host, and with a login, whose names are percent-encoded in the URL`() async throws {
        let (user, password, host) = ("us/er-\(id)", "p@ss:w%rd", "vh/ost-\(id)")
        let made = try await TestBroker.makeUser(user, password: password, on: host, configure: ".*", write: ".*", read: ".*")
        let url = "amqp://us%2Fer-\(id):p%40ss%3Aw%25rd@\(made.addresses[0])/vh%2Fost-\(id)"
        let endpoint = try Endpoint(url: url)
        #expect(endpoint == made)
        try await Grid.run(on: endpoint) { [type] grid in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type)])
            let (_, port) = try await grid.startMonitor()
            #expect(try await grid.client.run(type, payloads: ["a", "b"].payloads, within: .seconds(60)).map(\.result.text) == ["a", "b"])
            try await grid.until { try await port.get("stats", as: MonitorPort.Statistics.self).report.tasks.succeeded == 2 }
        }
        try await TestBroker.remove(virtualHost: host)
        try await TestBroker.removeUser(user)
    }

    /// The proxy is the only address that anybody knows.
    @Test func `every task ends behind a load balancer that cuts all connections now and then`() async throws {
        let (balancer, endpoint) = try TestBroker.behindProxy()
        try await Grid.run(on: endpoint) { [type] grid in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type)])
            for round in 0..<4 {
                let texts = (0..<50).map { "\(round) \($0)" }
                let submitted = try await grid.client.submitAndWatch(
                    type, payloads: texts.payloads, options: TaskOptions(deadline: .seconds(60)), within: .seconds(60))
                // The last round has a network that holds.
                if round < 3 { balancer.cut() }
                for try await ending in submitted.endings { #expect(ending.state == .succeeded, "\(ending)") }
            }
            let counters = try await grid.counters(type)
            #expect(counters.succeeded == 200 && counters.balances)
        }
        balancer.stop()
    }
}
