import Foundation
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore

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
    /// The passwords of the users of the grid's parts, a file each.
    var users: String { "\(folder)/users" }
    func password(of user: String) -> String { "\(users)/\(user)" }
    /// The file of the rights of each user.
    var rights: String { "\(folder)/rights.json" }
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
    /// - Parameters:
    ///   - users: the users of the grid's parts.
    ///   - topology: the grid.
    /// - Returns: the administrator's password.
    func prepare(users: [GridUser] = [], _ topology: Topology = Topology()) throws(LocalGridError) -> String {
        try writing { () throws in
            try makeFolder(home)
            try FolderCheck.check(home)
            let secret = try secret(in: password)
            try makeFolder(self.users)
            try FolderCheck.check(self.users)
            let logins = try users.map { ($0, try self.secret(in: self.password(of: $0.name))) }
            try PrivateFile.write(JSON.encode(AccessPolicy(for: users, owner: BrokerDefinitions.user), pretty: true), to: rights)
            // Erlang's own would be made by each node at its start, of fewer random bits.
            if try existing(cookie) == nil { try PrivateFile.write(BrokerDefinitions.newPassword(), to: cookie) }
            try PrivateFile.write(BrokerDefinitions(password: secret, users: logins, topology).json, to: definitions)
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
    ///   - usesTLS: whether it speaks TLS alone, with the grid's certificates.
    func prepare(_ node: BrokerNode, seen: GridFolder, maximumMessageSize: Int?, usesTLS: Bool = false) throws(LocalGridError) {
        try writing { () throws in
            for folder in [nodeFolder, data] { try makeFolder(folder) }
            try FolderCheck.check(nodeFolder)
            // RabbitMQ's own: as large as it likes.
            try FolderCheck.checkItself(data)
            try FolderCheck.check([ReadFile(configuration, "the broker's settings")])
            let settings = Self.settings(of: node, seen: seen, maximumMessageSize: maximumMessageSize, usesTLS: usesTLS)
            try PrivateFile.write(settings, to: configuration)
        }
    }

    private func writing<Value>(_ body: () throws -> Value) throws(LocalGridError) -> Value {
        do {
            return try body()
        } catch let error as LocalGridError {
            throw error
        } catch {
            throw LocalGridError(.folder, "cannot write the broker's files in \(folder) (\(Errno.reason(of: error)))")
        }
    }

    private func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
    }

    /// The password of the last start, so that those who hold it can go on using it; or a new one.
    private func secret(in path: String) throws -> String {
        if let known = try existing(path), known.count >= 32, known.allSatisfy(\.isHexDigit) { return known }
        let secret = BrokerDefinitions.newPassword()
        try PrivateFile.write(secret, to: path)
        return secret
    }

    /// The text of a secret file; nil where there is none.
    private func existing(_ path: String) throws -> String? {
        do throws(PrivateFile.Failure) {
            return try PrivateFile.read(path)
        } catch {
            guard error.isMissing else { throw LocalGridError(.folder, "the broker's secret \(error); or remove the file") }
            return nil
        }
    }

    /// The disk alarm comes well before the disk is full: at RabbitMQ's own 50 MB it may be too late for a burst.
    private static func settings(of node: BrokerNode, seen: GridFolder, maximumMessageSize: Int?, usesTLS: Bool) -> String {
        var lines = usesTLS ? tlsListeners(of: node, seen.certificates) : plainListeners(of: node)
        lines += """
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

    private static func plainListeners(of node: BrokerNode) -> String {
        """
        listeners.tcp.1 = 127.0.0.1:\(node.amqp)
        management.tcp.ip = 127.0.0.1
        management.tcp.port = \(node.management)

        """
    }

    private static func tlsListeners(of node: BrokerNode, _ certificates: GridCertificates) -> String {
        var lines = """
            listeners.tcp = none
            listeners.ssl.1 = 127.0.0.1:\(node.amqp)
            ssl_options.verify = verify_none
            management.ssl.ip = 127.0.0.1
            management.ssl.port = \(node.management)

            """
        for section in ["ssl_options", "management.ssl"] {
            lines += """
                \(section).cacertfile = \(certificates.ca)
                \(section).certfile = \(certificates.server.certificate)
                \(section).keyfile = \(certificates.server.key)
                \(section).versions.1 = tlsv1.3
                \(section).versions.2 = tlsv1.2

                """
        }
        return lines
    }
}
