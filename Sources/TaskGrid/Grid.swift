import ServiceLifecycle
import ServiceSupport
import TaskGridConfiguration

/// TaskGrid is both ends of the grid: `import TaskGrid` alone gives definitions of tasks, workers and the client.
///
/// It adds no more than the entry points of programs to `TaskGridClient` and `TaskGridWorker`, and `GridAddress`, which finds the grid
/// as the `taskgrid` command does.

/// The entry points of programs that are part of a grid. They own the process: an error is one line on standard error and exit code 1.
public enum Grid {
    /// Runs a program that is a worker and nothing else, until SIGTERM or SIGINT lets it drain; a second signal ends it at once.
    ///
    /// ```swift
    /// import TaskGrid
    ///
    /// let greet = TaskDefinition<String, String>("greet")
    ///
    /// await Grid.runWorkers(.environment) {
    ///     greet.worker { name, context in "Hello, \(name)!" }
    /// }
    /// ```
    ///
    /// With `GridAddress.environment`, the process's arguments, variables and settings file say how it works, under the names that
    /// they have for `taskgrid worker`: `--concurrency` (`TASKGRID_WORKER_CONCURRENCY`), `--prefetch`, `--drain-deadline`, `--ready-file`,
    /// `--liveness-file`, `--log-level` …; `--help` lists them. With `--health-port` it serves `/healthz`, which needs the package trait
    /// `HealthEndpoint`. A worker inside of another program is a `WorkerHost`.
    ///
    /// - Parameters:
    ///   - address: where the grid is.
    ///   - interceptors: stand around every worker, the first one outermost.
    ///   - options: how it works where arguments, environment and file do not say.
    ///   - arguments: the arguments of the process, without its name; `[]` for a program that has arguments of its own.
    ///   - logger: its lines gain the worker's id; nil: that of the program's `LoggingSystem` if that is set up, else one to standard
    ///     error with the level and the format that the settings name, as of `taskgrid worker`.
    ///   - workers: at least one, each of a type of its own.
    public static func runWorkers(
        _ address: GridAddress, interceptors: [any RunInterceptor] = [], options: WorkerOptions = WorkerOptions(),
        arguments: [String] = Array(CommandLine.arguments.dropFirst()), logger: Logger? = nil,
        @WorkerBuilder workers: () throws -> [any TaskWorker]
    ) async {
        ArgumentSecrets.hide()
        await program {
            let arguments = try WorkerArguments(arguments)
            if arguments.asksHelp {
                // Help that was asked for belongs on standard output (GNU Coding Standards, section 4.8.2).
                print(WorkerArguments.help, terminator: "")
                return
            }
            let grid = try await address.found(arguments: arguments.values, worker: options)
            let logger = grid.settings.logger(logger, label: "worker", default: .info)
            if let reason = grid.settings.sources.warning {
                logger.warning("the settings file of this folder is not used", metadata: [LogKey.reason: "\(reason)"])
            }
            try await run(workers(), interceptors: interceptors, of: grid, logger: logger)
        }
    }

    /// Runs the body of a program that is a client.
    ///
    /// ```swift
    /// await Grid.runClient(.environment) { client in
    ///     let greeting = try await client.run(greet, "world")
    /// }
    /// ```
    ///
    /// A program that goes on after an error uses `GridClient.withClient(_:interceptors:logger:_:)`.
    ///
    /// - Parameters:
    ///   - address: where the grid is.
    ///   - interceptors: stand around every submission, the first one outermost.
    ///   - logger: its metadata gets the client's id; nil: as of `GridClient.withClient(_:interceptors:logger:_:)`.
    ///   - body: uses the client.
    public static func runClient(
        _ address: GridAddress, interceptors: [any SubmitInterceptor] = [], logger: Logger? = nil,
        _ body: (GridClient) async throws -> Void
    ) async {
        await program { try await GridClient.withClient(address, interceptors: interceptors, logger: logger, body) }
    }

    private static func run(
        _ workers: [any TaskWorker], interceptors: [any RunInterceptor], of grid: FoundGrid, logger: Logger
    ) async throws {
        let settings = grid.settings
        let vitals = Vitals()
        let ready = ReadyFile(path: settings.readyFile, logger: logger)
        ready.prepare()
        let host = WorkerHost(
            endpoint: grid.location.endpoint, topology: grid.location.topology, workers: workers,
            interceptors: interceptors, options: settings.worker, endsProcess: true, vitals: vitals,
            logger: logger, onReady: ready.make
        )
        var companions: [any Service] = []
        if let health = try settings.healthEndpoint(of: host, vitals: vitals, logger: logger) { companions.append(health) }
        if let path = settings.livenessFile { companions.append(LivenessFile(path: path, vitals: vitals, logger: logger)) }
        try await ServiceRun.run(host, beside: companions, logger: logger)
    }

    /// Runs a program's body; its error is one line on standard error and exit code 1, where an error that leaves `main` would be a crash.
    private static func program(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            FileHandle.standardError.write(Data("error: \(PlainText.line("\(error)"))\n".utf8))
            exit(EXIT_FAILURE)
        }
    }
}
