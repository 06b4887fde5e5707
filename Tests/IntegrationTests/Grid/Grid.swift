import AMQP
import Dispatcher
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

/// A grid of a test's own: the real services in this process, on the real broker, under a prefix and with a store file that
/// no other test has. Its services start and stop one by one, as the test says.
final class Grid: Sendable {
    let topology: Topology
    let endpoint: Endpoint
    let client: GridClient
    let probe: BrokerProbe
    let logs = Journal<LogLine>()
    let logger: Logger
    let folder: URL
    let configuration: DispatcherConfiguration
    private let launches: AsyncStream<Running>.Continuation
    private let running = Mutex<[Running]>([])
    /// The ones started last.
    let dispatcher = Mutex<Running?>(nil)
    let nameservice = Mutex<Running?>(nil)
    /// Types whose work queues are to be deleted in the end.
    let types = Mutex<Set<TaskType>>([])

    /// Retries come soon enough for a test.
    static let quick = DispatcherConfiguration(
        retry: RetryPolicy(maxAttempts: 3, backoff: Backoff(base: .milliseconds(20), ceiling: .milliseconds(100)))
    )

    /// Runs `prepare` before anything else, then `body` beside a grid, of which the nameservice and the dispatcher run already, then stops
    /// everything and deletes what would stay on the broker.
    ///
    /// - Parameter endpoint: where everybody finds the broker, unless it is the test run's own address.
    static func run(
        _ queueKind: Queue.Kind = .classic, on endpoint: Endpoint? = nil, configuration: DispatcherConfiguration = quick,
        before prepare: @escaping @Sendable (Grid) async throws -> Void = { _ in },
        _ body: @escaping @Sendable (Grid) async throws -> Void
    ) async throws {
        let (stream, launches) = AsyncStream.makeStream(of: Running.self)
        let grid = try Grid(queueKind, endpoint ?? TestBroker.endpoint(), configuration, launches)
        defer { grid.removeFolder() }
        do {
            try await prepare(grid)
            try await grid.probe.connection.start(patience: .seconds(30))
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { await grid.probe.listen() }
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
        _ queueKind: Queue.Kind, _ endpoint: Endpoint, _ configuration: DispatcherConfiguration,
        _ launches: AsyncStream<Running>.Continuation
    ) throws {
        let name = "test-\(UUID().uuidString.prefix(12).lowercased())"
        logger = Logger(into: logs)
        self.endpoint = endpoint
        // The probe has the dispatcher's login.
        let users = ServiceUsers(dispatcher: endpoint.user, nameservice: "\(name)-nameservice", monitor: "\(name)-monitor")
        topology = Topology(prefix: name, queueKind: queueKind, users: users)
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        client = GridClient(endpoint: endpoint, topology: topology, logger: logger, patience: .seconds(60))
        probe = BrokerProbe(endpoint, topology, logger)
        self.configuration = configuration
        self.launches = launches
    }

    // MARK: The beginning

    /// Runs a service beside the test.
    func launch(_ service: some Service) -> Running {
        let started = Running(service, logger: logger)
        running.withLock { $0.append(started) }
        launches.yield(started)
        return started
    }

    // MARK: The end

    /// Stops everything, the last started first.
    private func stop() async throws {
        for running in running.withLock({ $0 }).reversed() { try await running.stop() }
        await client.close()
        await probe.connection.close()
    }

    /// Deletes the queues that outlive their connections.
    private func clean() async {
        await probe.connection.close()
        let queues =
            [
                topology.submitQueue, topology.resultsQueue, topology.deadQueue, topology.rpcQueue(.dispatcher),
                topology.rpcQueue(.nameservice),
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
