package import AMQP
import LocalGrid
package import TaskGridConfiguration
import TaskGridCore

/// The settings of a chaos run: its faults, its folder and its duration.
package struct ChaosConfiguration: Sendable {
    /// Makes the plan of faults and the tasks the same again.
    package var seed: UInt64
    /// How long faults are injected.
    package var duration: Duration
    /// The mean time from one fault to the next.
    package var every: Duration
    package var faults: Set<Fault>
    /// Tasks submitted a second.
    package var rate: Double
    /// Worker processes.
    package var workers: Int
    /// How long the tasks that are left may take once the faults have ended; those that have not ended by then are lost.
    package var patience: Duration
    package var queueKind: Queue.Kind
    /// The nodes of the private broker; more than one are a cluster.
    package var nodes: Int
    /// The folder of the RabbitMQ that it is; nil: the one that this machine has installed.
    package var rabbitmq: String?
    /// Everything speaks TLS.
    package var usesTLS = false
    /// The tasks are in a private PostgreSQL.
    package var usesDatabase: Bool
    /// Dispatcher processes: one is active, and the others stand by.
    package var dispatchers = 1
    /// The folder of the grid.
    package var folder: GridFolder
    /// The program that the services are commands of: an absolute path.
    package var executable: String
    /// Variables for all services.
    package var environment: [String: String] = [:]

    /// The most bytes of a message that the broker takes where `refuse` is among the faults.
    package static let maximumMessageSize = 1 << 20

    /// Tasks on their way at most: past that, none is submitted until some have ended.
    package static let maximumUnderWay = 20_000

    package static let defaultInterval = Duration.seconds(5)
    package static let defaultPatience = Duration.seconds(120)

    /// - `faults`: nil: all that the broker's number of nodes and the store allow.
    package init(
        seed: UInt64, duration: Duration, every: Duration = defaultInterval, faults: Set<Fault>? = nil,
        rate: Double = 100, workers: Int = 3, patience: Duration = defaultPatience, queueKind: Queue.Kind = .classic, nodes: Int = 1,
        usesDatabase: Bool = false, folder: GridFolder,
        executable: String = GridConfiguration.Services.thisExecutable
    ) {
        self.seed = seed
        self.duration = duration
        self.every = every
        self.faults = faults ?? Fault.all(nodes: nodes, hasDatabase: usesDatabase)
        self.rate = rate
        self.workers = workers
        self.patience = patience
        self.queueKind = queueKind
        self.nodes = nodes
        self.usesDatabase = usesDatabase
        self.folder = folder
        self.executable = executable
    }

    /// The plan that the seed makes.
    package var plan: FaultPlan {
        FaultPlan(
            seed: seed,
            FaultPlan.Wishes(
                faults: faults, duration: duration, every: every, workers: counts.each.map(\.process),
                nodes: (1...nodes).map { LocalGrid.brokerProcess($0, of: nodes) }, dispatchers: services.dispatcherProcesses)
        )
    }

    private var services: GridConfiguration.Services {
        var services = GridConfiguration.Services(executable: executable, workers: counts, topology: topology)
        services.dispatchers = dispatchers
        return services
    }

    var counts: WorkerCounts { WorkerCounts([NumberedTask.type: workers]) }
    var topology: Topology { Topology(queueKind: queueKind) }
    /// The file of the `ExecutionJournal`.
    package var journal: String { "\(folder.path)/executions" }

    /// The grid, its processes' connections to the broker led as `route` says, and those to the database by the port of `databasePort`.
    func grid(
        route: @escaping @Sendable (String, String) throws(LocalGridError) -> String,
        databasePort: @escaping @Sendable (Int) throws(LocalGridError) -> Int
    ) -> LocalGrid {
        var services = services
        services.environment = environment
        services.environment[ChaosWorker.variable] = journal
        // Tasks wait more than they compute: after a fault the grid, not the number of slots, is to be the limit.
        services.environment["TASKGRID_WORKER_CONCURRENCY"] = "32"
        services.route = route
        var configuration = GridConfiguration(folder: folder, broker: .privately(nodes: nodes), ports: .free, services: services)
        configuration.rabbitmq = rabbitmq
        configuration.usesTLS = usesTLS
        configuration.usesDatabase = usesDatabase
        configuration.databasePort = databasePort
        if faults.contains(.refuse) { configuration.maximumMessageSize = Self.maximumMessageSize }
        // At once, or nearly so: a program that does not start must not fill the logs.
        configuration.restarts = Backoff(base: .milliseconds(100), ceiling: .seconds(1))
        return LocalGrid(configuration)
    }
}
