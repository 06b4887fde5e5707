import Foundation
import TaskGridConfiguration

/// Where a program finds its grid.
public struct GridAddress: Sendable {
    private enum Place: Sendable {
        case settings(variables: [String: String]?, file: String?)
        case fixed(GridLocation)
    }

    private let place: Place

    /// The grid that the `taskgrid` command would find: the first that names a broker or a grid's folder of the program's arguments (of
    /// `Grid.runWorkers` alone), the environment (`TASKGRID_BROKER`, `TASKGRID_DATA`) and the
    /// settings file (`TASKGRID_CONFIG`, else `config/taskgrid.yaml`); else the grid that `taskgrid up` runs on this machine.
    ///
    /// `TASKGRID_PREFIX` and `TASKGRID_QUEUE_KIND` are found so too, and every other key of a worker's settings.
    public static let environment = GridAddress(place: .settings(variables: nil, file: nil))

    /// The grid on a broker, whatever the environment says.
    ///
    /// - Parameters:
    ///   - url: such as `amqp://user:password@host:5672/vhost`, or `amqps://` for TLS.
    ///   - tls: how TLS is spoken, where the URL begins with `amqps://`.
    ///   - topology: the names of its exchanges and queues.
    /// - Throws: `badURL`, which says what is wrong; `tlsRefused` where a client certificate cannot be read.
    public static func broker(
        _ url: String, tls: TLSSettings = TLSSettings(), topology: Topology = Topology()
    ) throws(AMQPError) -> GridAddress {
        .endpoint(try Endpoint(url: url, tls: tls), topology: topology)
    }

    /// The grid on a broker, whatever the environment says.
    public static func endpoint(_ endpoint: Endpoint, topology: Topology = Topology()) -> GridAddress {
        GridAddress(place: .fixed(GridLocation(endpoint: endpoint, topology: topology)))
    }

    /// As `environment`, of other variables than this process's; for tests.
    static func environment(_ variables: [String: String], file: String?) -> GridAddress {
        GridAddress(place: .settings(variables: variables, file: file))
    }

    /// Finds the grid, and the settings of a worker of it.
    func found(arguments: [String: String] = [:], worker: WorkerOptions = WorkerOptions()) async throws -> FoundGrid {
        switch place {
        case .fixed(let location):
            var settings = ProgramSettings()
            settings.worker = worker
            return FoundGrid(location: location, settings: settings)
        case .settings(let variables, let file):
            let sources = try await SettingSources(
                arguments: arguments, file: arguments["config"] ?? file, environment: variables ?? ProcessInfo.processInfo.environment
            )
            let settings = try ProgramSettings(sources, worker: worker)
            return FoundGrid(location: try settings.location(), settings: settings)
        }
    }
}

/// A grid that was found, and the settings that were found with it.
struct FoundGrid: Sendable {
    let location: GridLocation
    let settings: ProgramSettings
}
