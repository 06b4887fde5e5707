import ArgumentParser
import Monitor
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore

/// Runs the monitor.
struct MonitorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor",
        abstract: "Run the monitor: a dashboard, statistics over REST, and metrics.",
        usage: "taskgrid monitor [<options>]",
        discussion: """
              taskgrid monitor --port 8080
              curl http://127.0.0.1:8080/stats
            The dashboard is at http://127.0.0.1:8080/.

            Requests that cancel, retry, pause or resume need a token: monitor.token,
            preferably by TASKGRID_MONITOR_TOKEN, or one of the file monitor.tokens-file,
            which gives each a name, roles and types.
            """
    )

    @Option(key: "monitor.host") var host: KeyArgument?
    @Option(key: "monitor.port") var port: KeyArgument?
    @Option(key: "monitor.history", completion: .file()) var history: KeyArgument?
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let setup = try await ServiceSetup("monitor", grid, as: \.monitor, arguments: [host, port, history])
            var configuration = setup.configuration.monitor
            configuration.certificate = setup.certificate
            let monitor = Monitor(
                configuration: configuration, endpoint: setup.location.endpoint, topology: setup.location.topology,
                logger: setup.logger, onListening: { _ in setup.ready.make() }
            )
            try await setup.run(monitor)
        }
    }
}
