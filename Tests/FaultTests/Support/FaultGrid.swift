import AMQP
import Foundation
import Logging
import ServiceSupport
import Synchronization
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@testable import LocalGrid

/// A grid of a test's own: real processes on a real broker, under a prefix and with a store that no other test has. The test
/// starts, kills and stops them one by one; none outlives it.
final class FaultGrid: Sendable {
    let folder: URL
    let topology: Topology
    /// The broker, as the services are told.
    let broker: String
    private let storeOptions: [String]
    let client: GridClient
    let probe: BrokerProbe
    let runs: Journal<WorkerRun>
    private let listener: RunListener
    private let launches: AsyncStream<Service>.Continuation
    private let services = Mutex<[Service]>([])
    /// Of what the test itself has on the broker.
    let log = Journal<LogLine>()
    let logger: Logger

    /// Runs `body` beside a grid without services, and ends whatever it started.
    ///
    /// - Parameters:
    ///   - broker: its URL; nil: the one that the test run has started.
    ///   - store: where its dispatchers keep the tasks: the options that name it; nil: an SQLite file in its folder.
    ///   - queues: the kind of its shared queues.
    ///   - alone: no other grid of this target runs meanwhile, for the sake of what is measured.
    ///   - isAdmitted: the caller has passed the turnstile.
    ///   - deadline: how long `body` may take before it has failed.
    static func run(
        broker: String? = nil, store: [String]? = nil, queues: Queue.Kind = .classic, alone: Bool = false, isAdmitted: Bool = false,
        within deadline: Duration = .seconds(240),
        _ body: @escaping @Sendable (FaultGrid) async throws -> Void
    ) async throws {
        guard isAdmitted else {
            return try await Turnstile.shared.pass(alone: alone) {
                try await run(broker: broker, store: store, queues: queues, isAdmitted: true, within: deadline, body)
            }
        }
        do {
            let (stream, launches) = AsyncStream.makeStream(of: Service.self)
            let grid = try FaultGrid(broker: broker ?? TestBroker.requiredURL(), store, queues, launches)
            do {
                // This has a deadline of its own.
                try await grid.probe.connection.start(patience: .seconds(30))
                // Each says whether the test is done with it.
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        await grid.probe.listen()
                        return false
                    }
                    group.addTask {
                        // It only bounds a failure: no test that succeeds waits for it.
                        try await Task.sleep(for: deadline)
                        Issue.record("not done within \(deadline)")
                        throw CancellationError()
                    }
                    group.addTask {
                        await Service.run(stream)
                        return false
                    }
                    group.addTask {
                        try await grid.client.start(within: .seconds(30))
                        try await body(grid)
                        return true
                    }
                    defer { group.cancelAll() }
                    for try await isDone in group where isDone { break }
                }
            } catch {
                Attachment.recordLogs(in: grid.folder.path)
                await grid.end()
                throw error
            }
            await grid.end()
        }
    }

    private init(broker: String, _ store: [String]?, _ queues: Queue.Kind, _ launches: AsyncStream<Service>.Continuation) throws {
        let name = "fault-\(UUID().uuidString.prefix(8).lowercased())"
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        topology = Topology(prefix: name, queueKind: queues)
        self.broker = broker
        storeOptions = store ?? ["--store", folder.appending(path: "store.sqlite").path]
        logger = Logger(into: log)
        let endpoint = try Endpoint(url: broker)
        client = GridClient(endpoint: endpoint, topology: topology, logger: logger, patience: .seconds(60))
        // Beside what is said to everyone, each reply to the client, whatever the client makes of it.
        probe = BrokerProbe(
            endpoint, topology, logger,
            bindings: [(topology.events, "#"), (topology.registry, "#"), (topology.dead, ""), (topology.reply, client.id)]
        )
        listener = try RunListener(folder: folder)
        runs = listener.runs
        self.launches = launches
    }

    // MARK: Services

    /// Starts a service, with a failpoint the first time; it is started again without one when it dies.
    ///
    /// - Parameters:
    ///   - stops: at the failpoint it is stopped, not killed.
    ///   - broker: its own way there, where it has one.
    ///   - prefix: a command that becomes the service.
    func launch(
        _ role: GridConfiguration.Role, named name: String? = nil, _ arguments: [String] = [], failpoint: Failpoint? = nil,
        pass: Int = 1, stops: Bool = false, broker: String? = nil, under prefix: [String] = [], restarts: Bool = true
    ) -> Service {
        let own = role == .dispatcher ? storeOptions : role == .monitor ? ["--port", "0"] : []
        let command = prefix + [Programs.taskgrid, role.rawValue] + own + arguments
        return launch(
            command[0], named: name ?? role.rawValue, Array(command.dropFirst()), failpoint, pass, stops: stops, [:], broker, restarts
        )
    }

    /// Starts a worker whose tasks do as their payloads say.
    func launchWorker(
        named name: String = "worker", types: [String] = ["fault"], concurrency: Int = 4, prefetch: Int = 8,
        drainDeadline: Int = 30, healthPort: Int = 0, failpoint: Failpoint? = nil, pass: Int = 1, broker: String? = nil,
        restarts: Bool = true
    ) -> Service {
        let environment = [
            "TASKGRID_WORKER_CONCURRENCY": "\(concurrency)", "TASKGRID_WORKER_PREFETCH": "\(prefetch)",
            "FAULT_DRAIN_DEADLINE": "\(drainDeadline)", "TASKGRID_HEALTH_PORT": "\(healthPort)",
        ]
        return launch(Programs.worker, named: name, types, failpoint, pass, environment, broker, restarts)
    }

    /// Starts a client's command, and again where it dies by its failpoint.
    func launchClient(_ arguments: [String], failpoint: Failpoint) -> Service {
        launch(Programs.taskgrid, named: "client", arguments, failpoint, 1, ["TASKGRID_LOG_LEVEL": "critical"], nil, true)
    }

    /// Starts a shell as the client, once.
    func launchShell(_ script: String) -> Service {
        launch(
            "/bin/sh", named: "client", ["-c", "echo $$ > \"$TASKGRID_READY_FILE\"; \(script)"], nil, 1,
            ["TASKGRID_LOG_LEVEL": "critical"], nil, false
        )
    }

    private func launch(
        _ program: String, named name: String, _ arguments: [String], _ failpoint: Failpoint?, _ pass: Int,
        stops: Bool = false, _ environment: [String: String], _ broker: String?, _ restarts: Bool
    ) -> Service {
        var variables = environment
        variables["TASKGRID_LOG_LEVEL"] = variables["TASKGRID_LOG_LEVEL"] ?? "debug"
        variables["TASKGRID_BROKER"] = broker ?? self.broker
        variables["TASKGRID_PREFIX"] = topology.prefix
        variables["TASKGRID_QUEUE_KIND"] = topology.queueKind.rawValue
        variables["TASKGRID_READY_FILE"] = file("\(name).ready")
        variables["TASKGRID_DISPATCHER_BACKOFF"] = "20ms"
        variables["TASKGRID_DISPATCHER_MAX_BACKOFF"] = "100ms"
        variables["TASKGRID_DISPATCHER_BREAKER_PAUSE"] = "1s"
        variables["TASKGRID_HEALTH_PORT"] = variables["TASKGRID_HEALTH_PORT"] ?? "0"
        variables["FAULT_RUNS"] = listener.path
        func child(_ variables: [String: String]) -> ChildProcess {
            ChildProcess(
                name: name, executable: program, arguments: arguments, environment: .inherited(variables), log: file("\(name).log"),
                readiness: .file(file("\(name).ready")), readyWithin: .seconds(60), stopWithin: .seconds(2)
            )
        }
        let later = child(variables)
        if let failpoint { variables["TASKGRID_FAILPOINT"] = "\(failpoint.rawValue):\(pass)\(stops ? ":stop" : "")" }
        let service = Service(first: child(variables), later: later, pidFile: file("\(name).ready"), restarts: restarts)
        services.withLock { $0.append(service) }
        launches.yield(service)
        return service
    }

    /// A dispatcher and a worker, ready.
    @discardableResult
    func start(
        dispatcher failpoint: (Failpoint, Int)? = nil, types: [String] = ["fault"], concurrency: Int = 4
    ) async throws -> (dispatcher: Service, worker: Service) {
        let dispatcher = launch(.dispatcher, failpoint: failpoint?.0, pass: failpoint?.1 ?? 1)
        try await dispatcher.ready()
        let worker = launchWorker(types: types, concurrency: concurrency)
        try await worker.ready()
        for type in types { try await knows(TaskType(type)) }
        return (dispatcher, worker)
    }

    /// Waits until the dispatcher has told of a type.
    func knows(_ type: TaskType) async throws {
        _ = try await probe.event(TypeEvent.self) { $0.type == type }
    }

    var store: String { file("store.sqlite") }

    func file(_ name: String) -> String { folder.appending(path: name).path }

    // MARK: The end

    private func end() async {
        // Unstructured, so that a test that ran out of time cleans up too.
        await Task {
            await client.close()
            await clean()
            await probe.connection.close()
            listener.close()
            try? FileManager.default.removeItem(at: folder)
        }.value
    }

    /// Deletes the queues that outlive their connections, where the broker is there and stays.
    private func clean() async { await clean(topology) }

    /// The same of another grid's.
    func clean(_ topology: Topology) async {
        guard broker == TestBroker.url, probe.connection.isConnected else { return }
        let shared = [
            topology.submitQueue, topology.resultsQueue, topology.deadQueue, topology.rpcQueue(.dispatcher),
            topology.rpcQueue(.nameservice),
        ]
        let types = ["fault", "other", "wait", "reverse"].compactMap { try? TaskType($0) }.map(topology.workQueue)
        for queue in shared + types { try? await probe.connection.delete(queue: queue.name) }
    }
}

/// The programs that the tests start: built beside them.
enum Programs {
    static let taskgrid = path("taskgrid")
    static let worker = path("FaultWorker")

    private static func path(_ name: String) -> String {
        URL(filePath: GridConfiguration.Services.thisExecutable).deletingLastPathComponent().appending(path: name).path
    }
}
