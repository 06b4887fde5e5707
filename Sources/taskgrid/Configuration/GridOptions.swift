import ArgumentParser
import Logging
import TaskGridClient

/// The options of every command: which grid is meant, and what is logged.
struct GridOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The broker's URL, amqp:// or amqps://.", valueName: "url"))
    var broker: String?

    @Option(
        name: [.customLong("grid"), .customLong("data")],
        help: ArgumentHelp("The folder of a grid on this machine.", valueName: "folder"), completion: .directory
    )
    var grid: String?

    @Option(help: "The prefix of the grid's names in the broker.")
    var prefix: String?

    @Option(help: "The kind of the grid's queues: classic or quorum.", completion: .list(["classic", "quorum"]))
    var queueKind: String?

    @Option(help: ArgumentHelp("A YAML file of settings.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(
        help: "The lowest level logged to standard error: trace, debug, info, notice, warning, error or critical.",
        completion: .list(Logger.Level.allCases.map(\.rawValue))
    )
    var logLevel: String?

    @Option(help: "The format of log lines: text or json.", completion: .list(TerminalLog.Format.allCases.map(\.rawValue)))
    var logFormat: String?

    /// The configuration, with a command's own arguments by their keys.
    func configuration(_ own: [String: String?] = [:]) async throws(Failure) -> Configuration {
        try FileLimit.require("taskgrid", servesHTTP: false)
        var arguments = own.compactMapValues { $0 }
        let common = [
            "broker": broker, "data": grid, "prefix": prefix, "queue-kind": queueKind, "log-level": logLevel, "log-format": logFormat,
        ]
        for (key, value) in common { arguments[key] = value }
        return try Configuration(try await Settings(arguments: arguments, file: config))
    }

    /// Runs `body` with a client of the grid.
    func withClient(_ body: (GridClient) async throws -> Void) async throws {
        let configuration = try await configuration()
        // Whoever asks for a level wants to see all of it.
        let logger = configuration.logger("taskgrid", default: .warning, hidesConnections: configuration.logLevel == nil)
        try await GridClient.withClient(endpoint: configuration.endpoint(), topology: configuration.topology, logger: logger, body)
    }
}

extension Configuration {
    /// A logger to standard error.
    func logger(_ label: String, default level: Logger.Level, hidesConnections: Bool = false) -> Logger {
        Logger(label: label) {
            TerminalLog(label: $0, format: logFormat, hidesConnections: hidesConnections, logLevel: logLevel ?? level)
        }
    }
}
