import ArgumentParser
import BuiltinWorkers
import Chaos
import Foundation
import LocalGrid
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore
import TaskGridWorker

/// Runs a worker process.
struct WorkerRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a worker, which runs the tasks of its types.",
        usage: "taskgrid worker [<options>] <type> ...",
        discussion: """
            Types: \(BuiltinWorkers.names.joined(separator: ", ")); 'all' is all of them.
              taskgrid worker reverse
              taskgrid worker hash upper --concurrency 16
              taskgrid worker all
            Start more workers for more throughput. The port of /healthz is a free one if
            the type's own is in use:
              \(Ports.Use.workerHealth.map { "\($0.port) \($0.type)" }.joined(separator: ", "))
            On SIGTERM or Ctrl-C the running tasks finish, and the others are given back.
            """
    )

    @Argument(help: ArgumentHelp("The types of the tasks, or all; --type says the same.", valueName: "type"), completion: Self.completion)
    var arguments: [String] = []
    @Option(name: .customLong("type"), help: ArgumentHelp("A type; may be repeated.", valueName: "type"), completion: Self.completion)
    var options: [String] = []
    @Option(key: "worker.concurrency") var concurrency: KeyArgument?
    @Option(key: "worker.prefetch") var prefetch: KeyArgument?
    @Option(key: "worker.drain-deadline") var drainDeadline: KeyArgument?
    @OptionGroup(title: "Health") var health: HealthOptions
    @OptionGroup(title: "Grid") var grid: GridOptions

    var types: [String] { arguments + options }

    /// Only these have a worker that comes with the grid.
    private static let completion = CompletionKind.list(BuiltinWorkers.names + ["all"])

    func validate() throws {
        if arguments.isEmpty, options.isEmpty {
            throw ValidationError("give a type: \(BuiltinWorkers.names.joined(separator: ", ")), or all of them with 'all'")
        }
    }

    func run() async throws {
        try await Failure.reported {
            let workers = try Self.workers(types)
            let setup = try await ServiceSetup("worker", grid, arguments: [concurrency, prefetch, drainDeadline] + health.arguments)
            let host = WorkerHost(
                endpoint: setup.location.endpoint, topology: setup.location.topology, workers: workers, options: setup.configuration.worker,
                endsProcess: true, vitals: setup.vitals, logger: setup.logger, onReady: setup.ready.make
            )
            // Of several types the first one's.
            let health = workers.first.map { setup.health("worker", id: host.id, .worker($0.type, number: 1)) }
            try await setup.run(host, health: health)
        }
    }

    /// A worker of each type named, once.
    static func workers(_ types: [String]) throws(Failure) -> [any TaskWorker] {
        var names: [String] = []
        for name in types.flatMap({ $0 == "all" ? BuiltinWorkers.names : [$0] }) where !names.contains(name) { names.append(name) }
        var workers: [any TaskWorker] = []
        for name in names {
            var worker = BuiltinWorkers.make(named: name)
            if worker == nil { worker = try chaosWorker(named: name) }
            guard let worker else {
                let known = BuiltinWorkers.names.joined(separator: ", ")
                // The word may be a misspelt subcommand, for this one is the default.
                let subcommands = WorkerCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
                let meant = (BuiltinWorkers.names + ["all"] + subcommands).suggestion(for: name)
                throw Failure(.failed, "no worker for '\(name)' comes with the grid: name \(known) or all\(meant)")
            }
            workers.append(worker)
        }
        return workers
    }

    /// The worker of `taskgrid chaos`, in the processes that it starts.
    private static func chaosWorker(named name: String) throws(Failure) -> ChaosWorker? {
        guard name == NumberedTask.type.name, let journal = ProcessInfo.processInfo.environment[ChaosWorker.variable] else { return nil }
        do {
            return try ChaosWorker(journal: journal)
        } catch {
            throw Failure(.failed, "the journal of executions \(journal) cannot be written: \(error)")
        }
    }
}
