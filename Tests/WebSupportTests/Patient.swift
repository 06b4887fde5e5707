import AMQP
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import ServiceLifecycle
import ServiceSupport
import Synchronization
import TaskGridCore
import TestSupport
import Testing
import WebSupport

/// A service with its health endpoint, both of the test's own, and a clock that the test can set ahead.
final class Patient: Sendable {
    let vitals: Vitals
    let topology: Topology
    private let lead = Lead()

    /// How far the clock is ahead.
    private final class Lead: Sendable {
        let time = Mutex(Duration.zero)
    }

    init(topology: Topology = Topology(prefix: "test-\(UUID().uuidString.prefix(8).lowercased())")) {
        self.topology = topology
        vitals = Vitals { [lead] in .now + lead.time.withLock { $0 } }
    }

    /// So much later is it for whoever judges the health.
    func later(_ duration: Duration) { lead.time.withLock { $0 += duration } }

    /// Runs the service beside `body`, which is given its health endpoint, then stops it in order.
    func live(_ service: some Service, _ body: @escaping @Sendable (TestClient) async throws -> Void) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let health = HealthEndpoint(service: "patient", id: "1", vitals: vitals, standardPort: 0, logger: .silent) { port.yield($0) }
        let group = ServiceGroup(services: [health, service], logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            try await TestClient.withClient(host: "127.0.0.1", port: port, operation: body)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    // MARK: Messages of others to the service

    /// A worker's word to the registry exchange.
    func say(_ kind: RegistryMessage.Kind, types: [String]) async throws {
        let worker = RegistryMessage(
            worker: "w-1".owned(by: TestBroker.user), host: "h", pid: 1, version: "1", types: try types.map { try TaskType($0) },
            concurrency: 1, prefetch: 1,
            batch: false, started: .now()
        )
        try await publish(topology.registry, Topology.registryKey(kind, worker: worker.worker), worker.message(kind))
    }

    /// A task for a worker, as the dispatcher hands it out.
    func handOut(_ id: TaskID, _ type: String) async throws {
        let type = try TaskType(type)
        let proof = ProofKey(secret: Data(), store: "s", epoch: 0).proof(of: id, attempt: 1, type: type)
        let work = Work(form: .single, type: type, store: "s", items: [Work.Item(id: id, attempt: 1, proof: proof, payload: Data())])
        try await publish(topology.work, type.name, work.message(isPersistent: false))
    }

    private func publish(_ exchange: Exchange, _ key: String, _ message: Message) async throws {
        try await TestBroker.withConnection { connection in
            _ = try await connection.publish([Publication(exchange: exchange.name, routingKey: key, message: message)])
        }
    }

    /// Deletes the queues that outlive their connections.
    func clean(types: [String] = []) async throws {
        var queues = [
            topology.submitQueue, topology.resultsQueue, topology.deadQueue, topology.rpcQueue(.dispatcher),
            topology.rpcQueue(.nameservice),
        ]
        for type in types { queues.append(topology.workQueue(try TaskType(type))) }
        try await TestBroker.withConnection { [queues] connection in
            for queue in queues { try await connection.delete(queue: queue.name) }
        }
    }
}

extension TestClient {
    /// The report, and whether the status says the same.
    func health() async throws -> HealthReport {
        let response = try await ask("/healthz")
        let report = try JSONDecoder().decode(HealthReport.self, from: Data(try #require(response.body).readableBytesView))
        #expect(response.status == (report.healthy ? .ok : .serviceUnavailable))
        return report
    }

    /// Asks until the report is as wanted: nothing else tells what the service has come to.
    func health(_ isAsWanted: (HealthReport) -> Bool) async throws -> HealthReport {
        while true {
            let report = try await health()
            if isAsWanted(report) { return report }
        }
    }
}
