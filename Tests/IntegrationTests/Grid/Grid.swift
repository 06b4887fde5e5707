import AMQP
import Dispatcher
import Foundation
import Logging
import Monitor
import Nameservice
import ServiceLifecycle
import Synchronization
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TaskStore
import Testing

/// A grid of a test's own: the real services in this process, on the real broker, under a prefix and with a store file that
/// no other test has. Its services start and stop one by one, as the test says.
final class Grid: Sendable {
    let topology: Topology
    let endpoint: Endpoint
    let client: GridClient
    let ear: Ear
    let logs = Journal<LogLine>()
    let logger: Logger
    private let folder: URL
    private let configuration: DispatcherConfiguration
    private let launches: AsyncStream<Running>.Continuation
    private let running = Mutex<[Running]>([])
    /// Types whose work queues are to be deleted in the end.
    private let types = Mutex<Set<TaskType>>([])

    /// Retries come soon enough for a test.
    static let quick = DispatcherConfiguration(
        retry: RetryPolicy(maxAttempts: 3, backoff: Backoff(base: .milliseconds(20), ceiling: .milliseconds(100)))
    )

    /// Runs `body` beside a grid, of which the nameservice and the dispatcher run already, then stops everything and deletes
    /// what would stay on the broker.
    static func run(
        _ queueKind: Queue.Kind = .classic, configuration: DispatcherConfiguration = quick,
        _ body: @escaping @Sendable (Grid) async throws -> Void
    ) async throws {
        let (stream, launches) = AsyncStream.makeStream(of: Running.self)
        let grid = try Grid(queueKind, configuration, launches)
        defer { grid.removeFolder() }
        do {
            try await grid.ear.connection.start(patience: .seconds(30))
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { await grid.ear.listen() }
                group.addTask {
                    defer { launches.finish() }
                    try await grid.client.start(within: .seconds(30))
                    _ = try await grid.startNameservice()
                    _ = try await grid.startDispatcher()
                    try await body(grid)
                    try await grid.stop()
                }
                for await running in stream { group.addTask { await running.run() } }
            }
        } catch {
            await grid.client.close()
            await grid.clean()
            Attachment.record(grid.logText, named: "log.txt")
            throw error
        }
        await grid.clean()
    }

    private init(
        _ queueKind: Queue.Kind, _ configuration: DispatcherConfiguration, _ launches: AsyncStream<Running>.Continuation
    ) throws {
        let name = "test-\(UUID().uuidString.prefix(12).lowercased())"
        let lines = logs
        logger = Logger(label: "grid") { _ in LogTap(lines) }
        endpoint = try TestBroker.endpoint()
        topology = Topology(prefix: name, queueKind: queueKind)
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        client = GridClient(endpoint: endpoint, topology: topology, logger: logger)
        ear = Ear(endpoint, topology, logger)
        self.configuration = configuration
        self.launches = launches
    }

    // MARK: Services

    /// Starts a dispatcher on the grid's store file; it may have to stand by for another.
    func launchDispatcher() async throws -> (Running, ready: Latch) {
        let store = try await SQLiteTaskStore(path: folder.appending(path: "store.sqlite").path)
        let ready = Latch()
        let dispatcher = Dispatcher(
            configuration: configuration, endpoint: endpoint, topology: topology, store: store, logger: logger,
            onReady: { ready.open() }
        )
        return (launch(dispatcher), ready)
    }

    /// Starts the dispatcher and waits until it serves.
    @discardableResult
    func startDispatcher() async throws -> Running {
        let (running, ready) = try await launchDispatcher()
        try await ready.wait()
        dispatcher.withLock { $0 = running }
        return running
    }

    /// Starts the nameservice and waits until it serves.
    func startNameservice() async throws -> Running {
        let before = ear.heard.count
        let running = launch(Nameservice(endpoint: endpoint, topology: topology, logger: logger))
        _ = try await ear.event(GridEvent.self, from: before) { $0.service == "nameservice" && $0.kind == .started }
        nameservice.withLock { $0 = running }
        return running
    }

    /// Starts a monitor on a free port and waits until it listens there.
    func startMonitor() async throws -> (Running, MonitorPort) {
        let ports = Journal<Int>()
        let monitor = Monitor(
            configuration: MonitorConfiguration(port: 0), endpoint: endpoint, topology: topology, logger: logger,
            onListening: { ports.add($0) }
        )
        let running = launch(monitor)
        return (running, MonitorPort(number: try await ports.first { $0 }))
    }

    /// Starts a process's part as worker; waits until it has registered, and with `known` until the dispatcher knows its types.
    func startWorkers(
        _ workers: [any TaskWorker], concurrency: Int = 4, prefetch: Int? = nil, known: Bool = true
    ) async throws -> (Running, id: String) {
        let host = WorkerHost(
            endpoint: endpoint, topology: topology, workers: workers, concurrency: concurrency, prefetch: prefetch, logger: logger
        )
        types.withLock { $0.formUnion(workers.map(\.type)) }
        let running = launch(host)
        try await ear.registered(.register, of: host.id)
        if known { for worker in workers { try await knows(worker.type) } }
        return (running, host.id)
    }

    /// Waits until the dispatcher has told of a type.
    func knows(_ type: TaskType) async throws {
        types.withLock { _ = $0.insert(type) }
        _ = try await ear.event(TaskEvent.self) { $0.type == type }
    }

    private let dispatcher = Mutex<Running?>(nil)
    private let nameservice = Mutex<Running?>(nil)

    /// Stops the dispatcher in order.
    func stopDispatcher() async throws { try await dispatcher.withLock { $0 }?.stop() }

    /// Cancels the dispatcher's task.
    func killDispatcher() async throws { try await dispatcher.withLock { $0 }?.kill() }

    /// Waits until the broker has refused a dispatcher, because another is active.
    func refusedDispatcher() async throws {
        try await logs.first { line in
            line.metadata["amqp.connection"] == "dispatcher consume" && line.metadata["retry.number"] != nil ? () : nil
        }
    }

    /// Stops the nameservice in order.
    func stopNameservice() async throws { try await nameservice.withLock { $0 }?.stop() }

    private func launch(_ service: some Service) -> Running {
        let started = Running(service, logger: logger)
        running.withLock { $0.append(started) }
        launches.yield(started)
        return started
    }

    // MARK: Waiting

    /// Looks again after everything that the grid says (heartbeats come each second) until it is as wanted.
    func until(_ isAsWanted: () async throws -> Bool) async throws {
        while true {
            let before = ear.heard.count
            if try await isAsWanted() { return }
            try await ear.heard.wait(beyond: before)
        }
    }

    /// The books of a type, as the dispatcher has them.
    func books(_ type: TaskType) async throws -> TaskCounts {
        try await client.counts()[type] ?? TaskCounts()
    }

    // MARK: The end

    /// Stops everything, the last started first.
    private func stop() async throws {
        for running in running.withLock({ $0 }).reversed() { try await running.stop() }
        await client.close()
        await ear.connection.close()
    }

    /// Deletes the queues that outlive their connections.
    private func clean() async {
        await ear.connection.close()
        let queues =
            [
                topology.submitQueue, topology.resultsQueue, topology.registryQueue, topology.deadQueue,
                topology.rpcQueue(.dispatcher), topology.rpcQueue(.nameservice),
            ] + types.withLock { $0 }.map(topology.workQueue)
        let broom = Connection(endpoint, name: "broom", logger: logger)
        // Unstructured, so that a test that ran out of time cleans up too.
        await Task {
            try? await broom.start(patience: .seconds(10))
            for queue in queues { try? await broom.delete(queue: queue.name) }
            await broom.close()
        }.value
    }

    private func removeFolder() { try? FileManager.default.removeItem(at: folder) }

    private var logText: String {
        logs.entries.map { "\($0.level) \($0.message) \($0.metadata.sorted { $0.key < $1.key })" }.joined(separator: "\n")
    }
}
