import ArgumentParser
import Dispatcher
import LocalGrid
import Logging
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore

/// Runs the dispatcher.
struct DispatcherCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dispatcher",
        abstract: "Run the dispatcher: accepts tasks, keeps them, hands them to workers, collects results.",
        usage: "taskgrid dispatcher [<options>]",
        discussion: """
            One is active in a grid; others stand by and take over.
              taskgrid dispatcher --broker amqp://user@host --store tasks.sqlite
              db='postgresql://grid@db1,db2/grid?target_session_attrs=read-write'
              taskgrid dispatcher --store "$db"
            A standby for 'taskgrid up' on the same machine; login, rights and store are
            those of the grid in the folder:
              taskgrid dispatcher --grid ~/.local/state/taskgrid
            On another machine it needs a broker and a PostgreSQL that it reaches, the
            password file of the user taskgrid-dispatcher, and the file of rights.
            SIGTERM or Ctrl-C stops it in order; no accepted task is lost, even if it is
            killed. Its health endpoint is http://127.0.0.1:\(Ports.Use.dispatcherHealth)/healthz.
            """
    )

    @Option(key: "dispatcher.store", completion: .file()) var store: KeyArgument?
    @Option(key: "dispatcher.store-password-file", completion: .file()) var storePasswordFile: KeyArgument?
    @Option(key: "dispatcher.rights", completion: .file()) var rights: KeyArgument?
    @Option(key: "dispatcher.max-payload") var maxPayload: KeyArgument?
    @Option(key: "dispatcher.max-attempts") var maxAttempts: KeyArgument?
    @Option(key: "dispatcher.retention") var retention: KeyArgument?
    @OptionGroup(title: "Health") var health: HealthOptions
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let setup = try await ServiceSetup(
                "dispatcher", grid, as: \.dispatcher,
                arguments: [store, storePasswordFile, rights, maxPayload, maxAttempts, retention] + health.arguments)
            try setup.configuration.checkLogin(of: "dispatcher", as: \.dispatcher, in: setup.location)
            if let named = setup.configuration.overruledStore(in: setup.location) {
                setup.logger.warning(
                    "a setting overrules the store that the folder's grid.json names: another store has none of the grid's tasks",
                    metadata: [LogKey.folder: "\(setup.configuration.folder.path)", LogKey.storePath: "\(named)"])
            }
            var configuration = setup.configuration.dispatcher
            configuration.access = try setup.configuration.rights.map(AccessPolicy.read)
            let service = DispatcherService(setup: setup, configuration: configuration)
            try await setup.run(service, health: setup.health("dispatcher", .dispatcher))
        }
    }
}
