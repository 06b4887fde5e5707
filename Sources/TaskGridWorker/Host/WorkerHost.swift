public import AMQP
import Foundation
public import Logging
public import ServiceLifecycle
package import ServiceSupport
public import TaskGridCore

/// A process's part in the grid as a worker: runs the tasks of its workers' types until it is told to stop.
///
/// A program that is a worker and nothing else calls `Grid.runWorkers`; one that has other services too runs a host beside them:
///
///     let host = WorkerHost(endpoint: endpoint, workers: [greet.worker { name, _ in "Hello, \(name)!" }], logger: logger)
///     try await ServiceGroup(services: [host, …], gracefulShutdownSignals: [.sigterm], logger: logger).run()
///
/// It needs no dispatcher or nameservice to be there, reconnects by itself, and tells the registry each second what it
/// holds. On graceful shutdown it drains: it takes no more tasks, gives back those that have not begun, lets the others
/// finish within its drain deadline, then cancels these and gives them back too. When its task is cancelled it stops at
/// once, and the broker hands out again what it held.
///
/// Code that does not return though it was cancelled, after a timeout for instance, holds up its slot. If that leaves no
/// slot for tasks that wait, for 15 seconds, the host drains by itself and throws `WorkerHostError.stuck`.
public struct WorkerHost: Service {
    /// Unique to this host and this run of the process: the user, host name, process id and a random part.
    public let id: String
    private let pipeline: Pipeline
    private let problem: WorkerHostError?
    private let endsProcess: Bool
    private let onReady: @Sendable () -> Void

    /// How many messages of a type a worker holds at most while they are short: twice the concurrency, at least 8, a message for each
    /// slot and one to follow, so that none waits for the broker.
    package static func longestPrefetch(concurrency: Int) -> Int { max(8, 2 * concurrency) }

    /// - Parameters:
    ///   - endpoint: The broker.
    ///   - topology: The grid's names; the same as its dispatcher's.
    ///   - workers: At least one, each of a type of its own.
    ///   - interceptors: Stand around every worker, the first one outermost.
    ///   - options: How many tasks it runs and holds, and how it stops.
    ///   - endsProcess: Whether the process ends with the host even where code of workers does not return though it was cancelled,
    ///     two seconds after all is given back: with code 0 where it was told to stop, 1 where it was stuck. For programs that do
    ///     nothing else; without it such code holds up `run()`.
    ///   - logger: Its lines gain the worker's id.
    ///   - onReady: Called once it consumes and has registered.
    public init(
        endpoint: Endpoint, topology: Topology = Topology(), workers: [any TaskWorker], interceptors: [any RunInterceptor] = [],
        options: WorkerOptions = WorkerOptions(), endsProcess: Bool = false, logger: Logger, onReady: @escaping @Sendable () -> Void = {}
    ) {
        self.init(
            endpoint: endpoint, topology: topology, workers: workers, interceptors: interceptors, options: options,
            endsProcess: endsProcess, vitals: Vitals(), logger: logger, onReady: onReady
        )
    }

    /// A host that shows its health in `vitals`.
    package init(
        endpoint: Endpoint, topology: Topology = Topology(), workers: [any TaskWorker], interceptors: [any RunInterceptor] = [],
        options: WorkerOptions = WorkerOptions(), endsProcess: Bool = false, vitals: Vitals, logger: Logger,
        onReady: @escaping @Sendable () -> Void = {}
    ) {
        let id = WorkerID.make(user: endpoint.user)
        var logger = logger
        logger[metadataKey: LogKey.workerID] = "\(id)"
        let concurrency = max(1, options.concurrency)
        let byType = Dictionary(grouping: workers, by: \.type)
        let settings = Pipeline.Settings(
            id: id, topology: topology, workers: byType.compactMapValues { $0.first?.intercepted(by: interceptors) },
            concurrency: concurrency,
            prefetch: min(max(1, options.prefetch ?? concurrency), 65_535),
            longestPrefetch: options.prefetch == nil ? min(Self.longestPrefetch(concurrency: concurrency), 65_535) : nil,
            drainDeadline: options.drainDeadline, persistentResults: options.persistsResults
        )
        self.id = id
        self.endsProcess = endsProcess
        self.onReady = onReady
        problem = byType.isEmpty ? .noWorkers : byType.first { $1.count > 1 }.map { .duplicateType($0.key) }
        let transport = BrokerWorkerTransport(
            endpoint: endpoint, topology: topology, worker: id, types: settings.types, prefetch: settings.prefetch,
            vitals: vitals, logger: logger
        )
        pipeline = Pipeline(settings: settings, transport: transport, vitals: vitals, logger: logger)
    }

    /// Serves until it is told to stop. To be called once.
    ///
    /// - Throws: `WorkerHostError` where the workers make no host or their code has left it no free slot, `AMQPError` where the
    ///   connections cannot be opened.
    public func run() async throws {
        if let problem { throw problem }
        let settings = pipeline.settings
        let executor = SlotExecutor(threads: min(settings.concurrency, ProcessInfo.processInfo.activeProcessorCount))
        defer { executor.stop() }
        pipeline.logger.info(
            "worker starts",
            metadata: [
                LogKey.taskTypes: "\(settings.types)", LogKey.workerConcurrency: "\(settings.concurrency)",
                LogKey.workerPrefetch: "\(settings.prefetch)",
            ]
        )
        try await withGracefulShutdownHandler {
            try await pipeline.run(on: executor, onReady: onReady) {
                if endsProcess { exit(pipeline.isStuck ? EXIT_FAILURE : EXIT_SUCCESS) }
            }
        } onGracefulShutdown: {
            pipeline.drain()
        }
        if pipeline.isStuck { throw WorkerHostError.stuck }
        pipeline.logger.info("worker stopped")
    }
}

/// Why a host cannot run.
public enum WorkerHostError: Error, Hashable, Sendable, CustomStringConvertible {
    case noWorkers
    case duplicateType(TaskType)
    /// Code of workers that did not return though it was cancelled had left no free slot for what waited.
    case stuck

    public var description: String {
        switch self {
        case .noWorkers: "a worker host without workers: name at least one"
        case .duplicateType(let type): "two workers of type \(type) in one host: keep one and raise its concurrency"
        case .stuck: "the workers' code did not return though it was cancelled, and left no free slot for other tasks: its log names them"
        }
    }
}
