import ArgumentParser
import Logging
import TaskGridClient
import TaskGridConfiguration

/// The options of a command that is about a grid: ``FolderOptions``, and which broker and which names in it are meant.
@dynamicMemberLookup
struct GridOptions: ParsableArguments {
    @Option(key: "broker") var broker: KeyArgument?
    @OptionGroup var common: FolderOptions
    @Option(key: "prefix") var prefix: KeyArgument?
    @Option(key: "queue-kind") var queueKind: KeyArgument?

    subscript<Value>(dynamicMember path: KeyPath<FolderOptions, Value>) -> Value { common[keyPath: path] }

    /// The configuration, with a command's own arguments.
    func configuration(_ own: [KeyArgument?] = []) async throws -> Configuration {
        try await common.configuration([broker, prefix, queueKind] + own)
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
        program.logger(label, default: level, hidesConnections: hidesConnections)
    }
}
