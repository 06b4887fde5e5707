import ArgumentParser
import Foundation
import Logging
import TaskGridClient
import TaskGridConfiguration

/// The options of every command: which grid is meant, and what is logged.
struct GridOptions: ParsableArguments {
    @Option(key: "broker") var broker: KeyArgument?
    @Option(key: "data", names: [.customLong("grid"), .customLong("data")], completion: .directory) var grid: KeyArgument?
    @Option(key: "prefix") var prefix: KeyArgument?
    @Option(key: "queue-kind") var queueKind: KeyArgument?
    @Option(help: ArgumentHelp("A YAML file of settings.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var config: String?
    @Option(key: "log-level") var logLevel: KeyArgument?
    @Option(key: "log-format") var logFormat: KeyArgument?

    /// The configuration, with a command's own arguments.
    func configuration(_ own: [KeyArgument?] = []) async throws -> Configuration {
        try FileLimit.require("taskgrid", servesHTTP: false)
        try SettingCheck().check(file: config)
        let common = [broker, grid, prefix, queueKind, logLevel, logFormat]
        let configuration = try Configuration(try await SettingSources(arguments: KeyArgument.byKey(common + own), file: config))
        let folder = configuration.folder.path
        var isFolder: ObjCBool = true
        guard !FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) || isFolder.boolValue else {
            throw Failure(.failed, "\(folder) is a file, where the grid's folder belongs: choose a folder with --grid")
        }
        return configuration
    }

    /// Runs `body` with a client of the grid.
    func withClient(_ body: (GridClient) async throws -> Void) async throws {
        let configuration = try await configuration()
        // A person who asks for a level wants to see all of it.
        let logger = configuration.logger("taskgrid", default: .warning, hidesConnections: configuration.logLevel == nil)
        let location = try configuration.location()
        try await GridClient.withClient(endpoint: location.endpoint, topology: location.topology, logger: logger, body)
    }
}

extension Configuration {
    /// A logger to standard error.
    func logger(_ label: String, default level: Logger.Level, hidesConnections: Bool = false) -> Logger {
        Logger(label: label) {
            TerminalLog(label: $0, format: logFormat, hidesConnections: hidesConnections, logLevel: program.logLevel ?? level)
        }
    }
}
