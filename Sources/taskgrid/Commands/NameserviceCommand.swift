import ArgumentParser
import Nameservice
import TaskGridCore

/// Runs the nameservice.
struct NameserviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nameservice",
        abstract: "Run the nameservice: knows which workers live and of which types.",
        discussion: "taskgrid nameservice --broker amqp://user:password@host"
    )

    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let setup = try await ServiceSetup("nameservice", grid)
            let nameservice = Nameservice(
                endpoint: setup.endpoint, topology: setup.configuration.topology, logger: setup.logger, onReady: setup.ready.make
            )
            try await ServiceRun.run(nameservice, logger: setup.logger)
        }
    }
}
