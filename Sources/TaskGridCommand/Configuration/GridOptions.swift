import ArgumentParser
import Logging
import TaskGridClient
import TaskGridConfiguration

/// The options of a command that is about a grid: ``FolderOptions``, and which broker and which names in it are meant.
@dynamicMemberLookup
struct GridOptions: ParsableArguments {
    @Option(key: "broker") var brokers: [KeyArgument]
    @Option(key: "broker-password-file", completion: .file()) var passwordFile: KeyArgument?
    @Option(key: "broker-ca", completion: .file()) var ca: KeyArgument?
    @Option(key: "broker-certificate", completion: .file()) var certificate: KeyArgument?
    @Option(key: "broker-key", completion: .file()) var key: KeyArgument?
    @Option(key: "broker-server-name") var serverName: KeyArgument?
    @OptionGroup var common: FolderOptions
    @Option(key: "prefix") var prefix: KeyArgument?
    @Option(key: "queue-kind") var queueKind: KeyArgument?

    subscript<Value>(dynamicMember path: KeyPath<FolderOptions, Value>) -> Value { common[keyPath: path] }

    mutating func validate() throws {
        guard brokers.count <= 1 else {
            throw ValidationError("--broker is given \(brokers.count) times: name the nodes of one broker in one, separated by commas")
        }
    }

    /// The configuration, with a command's own arguments.
    func configuration(_ own: [KeyArgument?] = []) async throws -> Configuration {
        try await common.configuration([brokers.first, passwordFile, ca, certificate, key, serverName, prefix, queueKind] + own)
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
    /// Warns of a password that others could see in the list of processes until it was hidden, and that a shell keeps in its history.
    func warnOfPassword(_ logger: Logger) {
        if program.sources.argumentShowsPassword {
            logger.warning(
                "others could see the password in --broker until it was hidden at the start: use TASKGRID_BROKER, or broker-password-file")
        }
        if program.sources.argument("dispatcher.store").flatMap(StoreLocation.init)?.hasPassword == true {
            logger.warning(
                """
                others could see the password in --store until it was hidden at the start: use TASKGRID_DISPATCHER_STORE, or \
                dispatcher.store-password-file
                """)
        }
    }

    /// A logger to standard error.
    func logger(_ label: String, default level: Logger.Level, hidesConnections: Bool = false) -> Logger {
        program.logger(label, default: level, hidesConnections: hidesConnections)
    }
}
