import ArgumentParser
import Dispatcher
import Foundation
import LocalGrid
import Logging
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore
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
            killed. Its health endpoint is http://127.0.0.1:\(Ports.Use.dispatcherHealth)/healthz.
            """
    )

    @Option(key: "dispatcher.store", completion: .file()) var store: KeyArgument?
    @Option(key: "dispatcher.rights", completion: .file()) var rights: KeyArgument?
    @Option(key: "dispatcher.max-payload") var maxPayload: KeyArgument?
    @Option(key: "dispatcher.max-attempts") var maxAttempts: KeyArgument?
    @Option(key: "dispatcher.retention") var retention: KeyArgument?
    @OptionGroup(title: "Health") var health: HealthOptions
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let setup = try await ServiceSetup(
                "dispatcher", grid, arguments: [store, rights, maxPayload, maxAttempts, retention] + health.arguments)
            let path = setup.configuration.store ?? setup.configuration.folder.store
            setup.logger.info("opening the store", metadata: [LogKey.storePath: "\(path)"])
            let store = try await SQLiteTaskStore(path: path)
            var configuration = setup.configuration.dispatcher
            configuration.access = try setup.configuration.rights.map(AccessPolicy.read)
            let dispatcher = Dispatcher(
                configuration: configuration, endpoint: setup.location.endpoint, topology: setup.location.topology,
                store: store, vitals: setup.vitals, logger: setup.logger, onReady: { setup.ready.make() }
            )
            try await setup.run(dispatcher, health: setup.health("dispatcher", .dispatcher))
        }
    }
}
