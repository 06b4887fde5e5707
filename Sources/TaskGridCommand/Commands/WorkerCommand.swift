import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Runs a worker, or asks one that runs for something.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run a worker; or have one take no more tasks, take tasks again, or stop.",
        usage: """
            taskgrid worker [<options>] <type> ...
            taskgrid worker quiet|resume|stop <id>
            """,
        discussion: """
              taskgrid worker reverse
              taskgrid worker hash upper --concurrency 16
              taskgrid worker quiet vm-19906-de113dcca788
            'taskgrid workers' lists the ids, 'taskgrid worker run --help' all options.
            """,
        subcommands: [WorkerRunCommand.self, Quiet.self, Resume.self, Stop.self], defaultSubcommand: WorkerRunCommand.self
    )

    struct Quiet: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "quiet", abstract: "Have a worker take no more tasks.",
            discussion: """
                It gives back the tasks that wait in it; running tasks go on. It stays quiet
                until 'taskgrid worker resume', or until its process ends.
                """)

        @OptionGroup var worker: WorkerArgument

        func run() async throws { try await worker.ask(.quiet) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "resume", abstract: "Have a quiet worker take tasks again.")

        @OptionGroup var worker: WorkerArgument

        func run() async throws { try await worker.ask(.resume) }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stop", abstract: "Have a worker finish its running tasks and end.",
            discussion: """
                It ends as on SIGTERM. A supervisor, such as 'taskgrid up', starts another in
                its place; to have fewer, start 'taskgrid up' with another --workers.
                """
        )

        @OptionGroup var worker: WorkerArgument

        func run() async throws { try await worker.ask(.stop) }
    }
}

/// The worker that a command is about.
struct WorkerArgument: ParsableArguments {
    /// How long it may take to do what it is asked.
    private static let patience = Duration.seconds(10)

    @Argument(help: "The worker's id, as 'taskgrid workers' shows it.", completion: .gridWorkers)
    var id: String
    @OptionGroup(title: "Grid") var grid: GridOptions

    /// Asks the worker, and waits until its heartbeat says that it does so.
    func ask(_ request: WorkerRequest) async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                let asked = try await client.ask(request, of: id)
                let name = Terminal.plain(asked.worker)
                let end = ContinuousClock.now + Self.patience
                while ContinuousClock.now < end {
                    let worker = try await client.workers(asked.types.first).first { $0.worker.worker == id }?.worker
                    if let line = Self.line(request, to: name, shownBy: worker) { return try await Output.standard.line(line) }
                    try await Task.sleep(for: .milliseconds(200))
                }
                throw Failure(.failed, "worker \(name) was asked, and has not done so within \(Int(Self.patience.seconds)) s: see its log")
            }
        }
    }

    /// The sentence once it is done; nil until then.
    static func line(_ request: WorkerRequest, to name: String, shownBy worker: RegistryMessage?) -> String? {
        let running = worker.map { $0.running.isEmpty ? "" : "; it still runs \(CommandOutcomeReport.tasks($0.running.count))" } ?? ""
        let restart = "; a supervisor, such as 'taskgrid up', starts another in its place"
        switch (request, worker) {
        case (.stop, nil): return "\(name) has stopped\(restart)"
        case (.stop, let worker?) where worker.draining: return "\(name) stops\(running)\(restart)"
        case (.quiet, let worker?) where worker.quiet: return "\(name) is quiet: it takes no more tasks\(running)"
        case (.resume, let worker?) where worker.takesTasks: return "\(name) takes tasks"
        default: return nil
        }
    }
}
