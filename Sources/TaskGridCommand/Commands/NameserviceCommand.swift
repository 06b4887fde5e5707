import ArgumentParser
import LocalGrid
import Nameservice
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore

/// Runs the nameservice.
struct NameserviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nameservice",
        abstract: "Run the nameservice, which knows the live workers and their types.",
        usage: "taskgrid nameservice [<options>]",
        discussion: """
            taskgrid nameservice --broker amqp://user:password@host
            Its health endpoint is http://127.0.0.1:\(Ports.Use.nameserviceHealth)/healthz.
            """
    )

    @Option(key: "dispatcher.rights", completion: .file()) var rights: KeyArgument?
    @OptionGroup(title: "Health") var health: HealthOptions
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let setup = try await ServiceSetup("nameservice", grid, as: \.nameservice, arguments: [rights] + health.arguments)
            try setup.configuration.checkLogin(of: "nameservice", as: \.nameservice, in: setup.location)
            let nameservice = Nameservice(
                endpoint: setup.location.endpoint, topology: setup.location.topology,
                access: try setup.configuration.rights.map(AccessPolicy.read), vitals: setup.vitals, logger: setup.logger,
                onReady: setup.ready.make
            )
            try await setup.run(nameservice, health: setup.health("nameservice", .nameservice))
        }
    }
}
