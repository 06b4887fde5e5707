import ArgumentParser
import Monitor
import ServiceSupport
import TaskGridConfiguration

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

            Requests that cancel, retry, pause or resume need the token that is configured
            as monitor.token, preferably by TASKGRID_MONITOR_TOKEN.
            """
    )

    @Option(key: "monitor.host") var host: KeyArgument?
    @Option(key: "monitor.port") var port: KeyArgument?
    @Option(key: "monitor.history", completion: .file()) var history: KeyArgument?
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let setup = try await ServiceSetup("monitor", grid, arguments: [host, port, history])
            let monitor = Monitor(
                configuration: setup.configuration.monitor, endpoint: setup.location.endpoint, topology: setup.location.topology,
                logger: setup.logger, onListening: { _ in setup.ready.make() }
            )
            try await setup.run(monitor)
        }
    }
}
