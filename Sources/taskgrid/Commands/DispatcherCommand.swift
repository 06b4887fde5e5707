import ArgumentParser
import Dispatcher
import LocalGrid
import Logging
import TaskStoreSQLite

/// Runs the dispatcher.
struct DispatcherCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dispatcher",
        abstract: "Run the dispatcher: accepts tasks, keeps them, hands them to workers, collects results.",
        usage: "taskgrid dispatcher [<options>]",
        discussion: """
            One is active in a grid; others stand by and take over.
              taskgrid dispatcher --broker amqp://user@host --store tasks.sqlite
            SIGTERM or Ctrl-C stops it in order; no accepted task is lost, even if it is
            killed. Its health endpoint is http://127.0.0.1:50052/healthz.
            """
    )

    @Option(
        help: ArgumentHelp("The SQLite file of the tasks; store.sqlite in the grid's folder by default.", valueName: "file"),
        completion: .file()
    )
    var store: String?
    @Option(help: ArgumentHelp("The most bytes that a payload may have.", valueName: "bytes"))
    var maxPayload: String?
    @Option(help: ArgumentHelp("The attempts of a task whose submission gives no number.", valueName: "count"))
    var maxAttempts: String?
    @Option(help: ArgumentHelp("How long ended tasks and results are kept, such as 7d.", valueName: "time"))
    var retention: String?
    @OptionGroup(title: "Health") var health: HealthOptions
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let setup = try await ServiceSetup(
                "dispatcher", grid,
                [
                    "dispatcher.store": store, "dispatcher.max-payload": maxPayload, "dispatcher.max-attempts": maxAttempts,
                    "dispatcher.retention": retention,
                ].merging(health.settings) { own, _ in own }
            )
            let path = setup.configuration.settings.text("dispatcher.store")?.text ?? setup.configuration.folder.store
            setup.logger.info("opening the store", metadata: ["store.path": "\(path)"])
            let store = try await SQLiteTaskStore(path: path)
            let dispatcher = Dispatcher(
                configuration: setup.configuration.dispatcher, endpoint: setup.endpoint, topology: setup.configuration.topology,
                store: store, vitals: setup.vitals, logger: setup.logger, onReady: { setup.ready.make() }
            )
            try await ServiceRun.run(dispatcher, health: setup.health("dispatcher", .dispatcher), logger: setup.logger)
        }
    }
}
