import Foundation
import TaskGridConfiguration
import TaskGridCore

/// A RabbitMQ for one grid alone: run by this user, on the loopback, with its own data, user and ports; one node, or a cluster.
///
/// It is child processes for a ``Supervisor``: Erlang's port mapper, kept in the foreground so that it ends with the
/// rest, and the nodes, without the shell that usually stands before each.
struct PrivateBroker: Sendable {
    /// The ports that it needs.
    static func uses(nodes: Int) -> [Ports.Use] { [.epmd] + (1...nodes).flatMap(BrokerNode.uses) }

    let nodes: [BrokerNode]
    private let installation: BrokerInstallation
    private let epmd: Int
    private let folder: GridFolder
    /// The folder as the broker finds it.
    private let seen: GridFolder
    private let password: String
    /// It speaks TLS alone, and its management interface HTTPS.
    private let usesTLS: Bool
    private let users: [String]

    /// Writes the files of a RabbitMQ, over those of an earlier start.
    ///
    /// - Parameters:
    ///   - installation: the RabbitMQ.
    ///   - folder: the grid's folder.
    ///   - nodes: how many nodes it has; more than one make a cluster.
    ///   - ports: the grid's ports.
    ///   - maximumMessageSize: the most bytes of a message; nil: RabbitMQ's own limit.
    ///   - usesTLS: whether it speaks TLS alone, with the grid's certificates, which are there.
    ///   - services: the services that log in; nil: none do.
    init(
        _ installation: BrokerInstallation, folder: GridFolder, nodes: Int = 1, ports: Ports, maximumMessageSize: Int? = nil,
        usesTLS: Bool = false, services: GridConfiguration.Services? = nil
    ) throws(LocalGridError) {
        guard let epmd = ports[.epmd] else { throw LocalGridError(.port, "no port was chosen for Erlang's port mapper") }
        self.installation = installation
        self.epmd = epmd
        self.usesTLS = usesTLS
        self.folder = folder
        seen = folder.seenFromWithin
        self.nodes = try (1...nodes).map { number throws(LocalGridError) in try BrokerNode(number, of: nodes, ports: ports) }
        let users = services?.users ?? []
        self.users = users.map(\.name)
        password = try BrokerFiles(folder: folder.broker).prepare(users: users, services?.topology ?? Topology())
        for node in self.nodes {
            try BrokerFiles(folder: folder.broker, node: node).prepare(
                node, seen: seen, maximumMessageSize: maximumMessageSize, usesTLS: usesTLS)
        }
    }

    /// The broker's URL for its administrator, who is the owner of the grid's folder.
    var amqpURL: String { url("\(BrokerDefinitions.user):\(password)") }

    /// The URLs of the users of the grid's parts, by their names, without the passwords, which are in files.
    var userURLs: [String: String] { Dictionary(uniqueKeysWithValues: users.map { ($0, url($0)) }) }

    private func url(_ login: String) -> String {
        "\(usesTLS ? "amqps" : "amqp")://\(login)@\(nodes.map { "127.0.0.1:\($0.amqp)" }.joined(separator: ","))"
    }

    /// The management interface of each node, any of which shows them all.
    var adminURLs: [String] {
        nodes.map { "\(usesTLS ? "https" : "http")://\(BrokerDefinitions.user):\(password)@127.0.0.1:\($0.management)" }
    }

    var stages: [[ChildProcess]] { [[portMapper], nodes.map(server)] }

    /// After how many seconds of silence a node counts as dead for the others, give or take a quarter. Until then they declare no exclusive
    /// queue.
    private static let tickTime = 20

    /// Ends what a killed grid left running on the same data, and what could still run after a stop.
    static func endStrays(of folder: GridFolder) async {
        await Strays.end(mark, folder.broker)
    }

    /// The variable that marks every process of a broker with the broker's folder.
    static let mark = "TASKGRID_BROKER_FOLDER"

    private var portMapper: ChildProcess {
        let port = epmd
        return ChildProcess(
            name: "epmd",
            executable: installation.epmd,
            arguments: ["-address", "127.0.0.1", "-port", String(port)],
            environment: .exactly(environment),
            workingDirectory: folder.path,
            log: folder.log(of: "epmd"),
            readiness: .probe { LoopbackPort.listens(port) },
            stopWithin: .seconds(5)
        )
    }

    private func server(_ node: BrokerNode) -> ChildProcess {
        var server = ChildProcess(
            name: node.process,
            executable: installation.server,
            environment: .exactly(environment(of: node)),
            workingDirectory: folder.path,
            log: folder.log(of: "\(node.process)-start"),
            readiness: .probe { [usesTLS] in
                // Asked in turn: the listeners open when all else is done.
                guard LoopbackPort.listens(node.management) else { return false }
                // A listener of TLS speaks no AMQP before its handshake.
                return usesTLS ? LoopbackPort.listens(node.amqp) : await AMQPProbe.answers(node.amqp)
            },
            readyWithin: .seconds(120),
            stopWithin: .seconds(30),
            whenOrphaned: .terminated
        )
        let files = BrokerFiles(folder: folder.broker, node: node)
        if nodes.count > 1 {
            // One may ask another for its feature flags before that knows them, and end.
            server.startAttempts = 3
            // A node that was cut from the others serves again once it sees them. If it loses them while it begins to, it runs on without
            // RabbitMQ in it (3.10: "incompatible_feature_flags").
            server.liveness = ChildProcess.Liveness(within: .seconds(30)) { LoopbackPort.listens(node.management) }
        }
        // It does not heed SIGTERM until it runs, and holds nothing yet.
        server.isKilledWhileStarting = true
        server.beforeStart = { try files.wipeIfMarked() }
        return server
    }

    /// One run of `rabbitmqctl` with a node.
    ///
    /// - Parameters:
    ///   - node: the node that it asks.
    ///   - arguments: its arguments.
    func control(_ node: BrokerNode, _ arguments: [String]) -> ChildProcess {
        ChildProcess(
            name: "rabbitmqctl",
            executable: installation.control,
            arguments: ["-n", node.name] + arguments,
            environment: .exactly(environment(of: node)),
            workingDirectory: folder.path,
            log: folder.log(of: "rabbitmqctl"),
            stopWithin: .seconds(5)
        )
    }

    /// What all its processes need.
    private var environment: [String: String] {
        let files = BrokerFiles(folder: seen.broker)
        return [
            Self.mark: folder.broker,
            "HOME": files.home,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": String(epmd),
        ]
    }

    private func environment(of node: BrokerNode) -> [String: String] {
        let files = BrokerFiles(folder: seen.broker, node: node)
        var variables = [
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_NODENAME": node.name,
            "RABBITMQ_DIST_PORT": String(node.distribution),
            "RABBITMQ_CONFIG_FILE": files.configuration,
            "RABBITMQ_ADVANCED_CONFIG_FILE": files.advanced,
            "RABBITMQ_ENABLED_PLUGINS_FILE": files.plugins,
            "RABBITMQ_MNESIA_BASE": files.data,
            "RABBITMQ_LOG_BASE": seen.logs,
            "RABBITMQ_PID_FILE": files.pid,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} net_ticktime \(Self.tickTime)",
            // Lets the script give way to the server, so that signals go straight to it.
            "RUNNING_UNDER_SYSTEMD": "true",
        ]
        // These would open a listener without TLS, whatever the settings say.
        if !usesTLS {
            variables["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1"
            variables["RABBITMQ_NODE_PORT"] = String(node.amqp)
        }
        return environment.merging(variables) { $1 }
    }
}
