import ArgumentParser
import LocalGrid
import Logging
import TaskGridConfiguration

/// Runs a private broker alone.
struct BrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Run a private RabbitMQ alone, for tests and development.",
        usage: "taskgrid broker [<options>]",
        discussion: """
            Other commands find it by its folder:
              taskgrid broker --data /tmp/grid --ports free
              taskgrid dispatcher --grid /tmp/grid
              taskgrid broker --nodes 3              a cluster
            """
    )

    @Option(help: "standard: the documented ports; free: any.", completion: .list(["standard", "free"]), transform: Arguments.ports)
    var ports: Ports.Choice = .free
    @OptionGroup var nodes: NodesOption
    @OptionGroup(title: "Grid") var grid: FolderOptions

    func run() async throws {
        try await Failure.reported {
            let configuration = try await grid.configuration([nodes.rabbitmq])
            let folder = configuration.folder
            var plan = GridConfiguration(folder: folder, broker: .privately(nodes: nodes.nodes), ports: ports, services: nil)
            plan.rabbitmq = configuration.rabbitmq
            plan.usesTLS = nodes.usesTLS
            try await GridRun(grid: LocalGrid(plan), logger: configuration.logger("broker", default: .info)).run { file in
                Terminal.say("The broker runs; \(folder.gridFile) says how to reach it.")
                if let admin = file.admin { Terminal.say("    RabbitMQ admin  \(admin)") }
                Terminal.say("    logs            \(folder.logs)")
                Terminal.say("Ctrl-C stops it.")
            }
        }
    }
}
