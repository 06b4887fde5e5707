import AMQP
import BuiltinWorkers
import Dispatcher
import Foundation
import Logging
import Monitor
import Nameservice
import ServiceLifecycle
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TaskStoreSQLite
import TestSupport
import Testing

/// A grid for the page to show: the real services in this process, on the real broker, under a prefix and with a store that no
/// other test has. A worker serves `reverse` and `sum`; of `lonely` there is none.
struct LiveGrid: Sendable {
    static let token = "the-token-of-the-test"

    let client: GridClient
    let reverse = Reverse().type
    let sum = Sum().type
    let lonely: TaskType
    private let probe: BrokerProbe
    private let endpoint: Endpoint
    private let topology: Topology
    private let folder: URL
    private let logger: Logger
    private let logs = Journal<LogLine>()

    private init() throws {
        let name = "page-\(UUID().uuidString.prefix(12).lowercased())"
        logger = Logger(into: logs)
        endpoint = try TestBroker.endpoint()
        topology = Topology(prefix: name)
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        probe = BrokerProbe(endpoint, topology, logger)
        client = GridClient(endpoint: endpoint, topology: topology, logger: logger)
        lonely = try TaskType("lonely")
    }

    /// Runs `body` beside a grid without a monitor, and beside a browser.
    static func run(_ body: @escaping @Sendable (LiveGrid, Browser) async throws -> Void) async throws {
        let grid = try LiveGrid()
        try FileManager.default.createDirectory(at: grid.folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: grid.folder) }
        let store = try await SQLiteTaskStore(path: grid.folder.appending(path: "store.sqlite").path)
        let services: [any Service] = [
            Nameservice(endpoint: grid.endpoint, topology: grid.topology, logger: grid.logger),
            Dispatcher(endpoint: grid.endpoint, topology: grid.topology, store: store, logger: grid.logger),
            WorkerHost(
                endpoint: grid.endpoint, topology: grid.topology, workers: [Reverse(), Sum()], options: WorkerOptions(concurrency: 4),
                logger: grid.logger),
        ]
        do {
            try await beside(services, grid.logger) {
                try await grid.hearing {
                    for type in [grid.reverse, grid.sum] { try await grid.knows(type) }
                    try await Chromium.run { browser in try await body(grid, browser) }
                }
            }
            await grid.clean()
        } catch {
            Attachment.record(grid.logText, named: "log.txt")
            await grid.clean()
            throw error
        }
    }

    /// Runs `body` with the address of a monitor that serves, and stops the monitor.
    ///
    /// - Parameters:
    ///   - port: 0: a free one.
    ///   - protectsReading: whether reading needs the token.
    func withMonitor(
        port: Int = 0, protectsReading: Bool = false, _ body: @escaping @Sendable (_ address: String, _ port: Int) async throws -> Void
    ) async throws {
        let before = probe.heard.count
        let ports = Journal<Int>()
        let monitor = Monitor(
            configuration: MonitorConfiguration(port: port, token: Self.token, protectsReading: protectsReading), endpoint: endpoint,
            topology: topology, logger: logger,
            onListening: { ports.add($0) }
        )
        try await Self.beside([monitor], logger) {
            let port = try await ports.first { $0 }
            // It listens before it has its connections to the broker, and until then cannot tell the depths of queues.
            _ = try await probe.event(GridEvent.self, from: before) { $0.service == "monitor" && $0.kind == .started }
            try await body("http://127.0.0.1:\(port)/", port)
        }
    }

    /// Makes `lonely` a type that the grid knows and nobody serves: a worker of it comes, does a task, and leaves.
    func leaveLonely() async throws {
        let worker = TaskDefinition(lonely, input: .text, output: .text).worker { text, _ in text }
        let host = WorkerHost(
            endpoint: endpoint, topology: topology, workers: [worker], options: WorkerOptions(concurrency: 1), logger: logger)
        try await Self.beside([host], logger) {
            try await knows(lonely)
            try await client.run(lonely, texts: ["the last one"])
        }
    }

    /// A worker that serves so many types registers, and says no more.
    func register(types count: Int) async throws {
        let types = try (0..<count).map { try TaskType("many-\($0)") }
        let worker = RegistryMessage(
            worker: "w-many".owned(by: endpoint.user), host: "h", pid: 1, version: "1", types: types, concurrency: 1, prefetch: 1,
            batch: false, started: .now()
        )
        let publication = Publication(
            exchange: topology.registry.name, routingKey: Topology.registryKey(.register, worker: worker.worker),
            message: worker.message(.register)
        )
        _ = try await probe.connection.publish([publication])
    }

    /// Waits until the dispatcher has told of a type: from then on it takes tasks of it.
    private func knows(_ type: TaskType) async throws {
        _ = try await probe.event(TypeEvent.self) { $0.type == type }
    }

    /// Runs `body` with the client connected, and hears what the grid says.
    private func hearing(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await probe.connection.start(patience: .seconds(120))
        try await client.start(within: .seconds(120))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { await probe.listen() }
            tasks.addTask {
                try await body()
                await probe.connection.close()
            }
            while try await tasks.next() != nil {}
        }
    }

    /// Runs `body` beside services, then stops them in order.
    private static func beside(_ services: [any Service], _ logger: Logger, _ body: @escaping @Sendable () async throws -> Void)
        async throws
    {
        let group = ServiceGroup(services: services, logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                try await body()
                await group.triggerGracefulShutdown()
            }
            // Whichever fails first ends the others.
            while try await tasks.next() != nil {}
        }
    }

    private var logText: String {
        logs.entries.map { "\($0.level) \($0.message) \($0.metadata.sorted { $0.key < $1.key })" }.joined(separator: "\n")
    }

    /// Deletes what outlives the connections. Unstructured, so that a test that ran out of time cleans up too.
    private func clean() async {
        await client.close()
        await probe.connection.close()
        let queues =
            [topology.submitQueue, topology.resultsQueue, topology.deadQueue]
            + [topology.rpcQueue(.dispatcher), topology.rpcQueue(.nameservice)] + [reverse, sum, lonely].map(topology.workQueue)
        await Task {
            try? await TestBroker.withConnection { connection in
                for queue in queues { try? await connection.delete(queue: queue.name) }
            }
        }.value
    }
}

extension GridClient {
    /// Submits texts, and waits until they are done.
    @discardableResult
    func run(_ type: TaskType, texts: [String]) async throws -> [Ending] {
        try await run(type, payloads: texts.map { Data($0.utf8) }, within: .seconds(240))
    }

    func submit(_ type: TaskType, text: String) async throws -> TaskID {
        try await submit(type, payload: Data(text.utf8))
    }
}
