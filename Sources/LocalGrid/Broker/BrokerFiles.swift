import Foundation
import TaskGridConfiguration

/// The files of a private broker, in a folder of its own: those that its nodes share, and those of one node.
struct BrokerFiles: Hashable, Sendable {
    /// The broker's folder.
    let folder: String
    /// The node's: the broker's, where it has no other node.
    let nodeFolder: String

    /// - Parameters:
    ///   - folder: the broker's folder.
    ///   - node: the name of the node's process, where the broker has several.
    init(folder: String, node: String? = nil) {
        self.folder = folder
        nodeFolder = node.map { "\(folder)/\($0)" } ?? folder
    }

    /// - Parameters:
    ///   - folder: the broker's folder.
    ///   - node: one of its nodes.
    init(folder: String, node: BrokerNode) {
        self.init(folder: folder, node: node.count == 1 ? nil : node.process)
    }

    var advanced: String { "\(folder)/advanced.config" }
    var plugins: String { "\(folder)/enabled_plugins" }
    var definitions: String { "\(folder)/definitions.json" }
    var password: String { "\(folder)/password" }
    var home: String { "\(folder)/home" }
    /// The secret by which Erlang nodes and `rabbitmqctl` know each other.
    var cookie: String { "\(home)/.erlang.cookie" }

    var configuration: String { "\(nodeFolder)/rabbitmq.conf" }
    var pid: String { "\(nodeFolder)/pid" }
    var data: String { "\(nodeFolder)/mnesia" }
    /// Asks for the data to be taken away before the next start.
    var wipe: String { "\(nodeFolder)/wipe" }

    func wipeIfMarked() throws {
        guard access(wipe, F_OK) == 0 else { return }
        if access(data, F_OK) == 0 { try FileManager.default.removeItem(atPath: data) }
        try makeFolder(data)
        try FileManager.default.removeItem(atPath: wipe)
    }

    /// Writes what all nodes read. Makes the password and the cookie at the first time.
    ///
    /// - Returns: the password.
    func prepare() throws(LocalGridError) -> String {
        try writing { () throws in
            try makeFolder(home)
            let secret = try existingPassword() ?? BrokerDefinitions.newPassword()
            try PrivateFile.write(secret, to: password)
            // Erlang's own would be made by each node at its start, of fewer random bits.
            if access(cookie, F_OK) != 0 { try PrivateFile.write(BrokerDefinitions.newPassword(), to: cookie) }
            try PrivateFile.write(BrokerDefinitions.json(password: secret), to: definitions)
            try PrivateFile.write("[rabbitmq_management].\n", to: plugins)
            try PrivateFile.write("[].\n", to: advanced)
            return secret
        }
    }

    /// Writes what the node alone reads.
    ///
    /// - Parameters:
    ///   - node: the node of these files.
    ///   - seen: the grid's folder as the broker finds it.
    ///   - maximumMessageSize: the most bytes of a message; nil: RabbitMQ's own limit.
    func prepare(_ node: BrokerNode, seen: GridFolder, maximumMessageSize: Int?) throws(LocalGridError) {
        try writing { () throws in
            try makeFolder(data)
            try PrivateFile.write(Self.settings(of: node, seen: seen, maximumMessageSize: maximumMessageSize), to: configuration)
        }
    }

    private func writing<Value>(_ body: () throws -> Value) throws(LocalGridError) -> Value {
        do {
            return try body()
        } catch {
            throw LocalGridError(.folder, "cannot write the broker's files in \(folder) (\(Errno.reason(of: error)))")
        }
    }

    private func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
    }

    /// The password of the last start, so that those who hold it can go on using it.
    private func existingPassword() throws -> String? {
        guard access(password, F_OK) == 0 else { return nil }
        let text = try String(contentsOfFile: password, encoding: .utf8)
        return text.count >= 32 && text.allSatisfy(\.isHexDigit) ? text : nil
    }

    /// The disk alarm comes well before the disk is full: at RabbitMQ's own 50 MB it may be too late for a burst.
    private static func settings(of node: BrokerNode, seen: GridFolder, maximumMessageSize: Int?) -> String {
        var lines = """
            listeners.tcp.1 = 127.0.0.1:\(node.amqp)
            management.tcp.ip = 127.0.0.1
            management.tcp.port = \(node.management)
            load_definitions = \(BrokerFiles(folder: seen.broker).definitions)
            disk_free_limit.absolute = 512MB
            vm_memory_high_watermark.relative = 0.\(40 / node.count)
            log.dir = \(seen.logs)
            log.file = \(node.process).log
            log.file.level = info
            log.file.rotation.size = 10485760
            log.file.rotation.count = 2
            log.console = false

            """
        if let maximumMessageSize { lines += "max_message_size = \(maximumMessageSize)\n" }
        guard node.count > 1 else { return lines }
        // A node that sees less than half of the others stops serving, so that no two halves take messages.
        lines += """
            cluster_name = taskgrid
            cluster_partition_handling = pause_minority
            cluster_formation.peer_discovery_backend = classic_config

            """
        for number in 1...node.count {
            lines += "cluster_formation.classic_config.nodes.\(number) = \(BrokerNode.name(number, of: node.count))\n"
        }
        return lines
    }
}
