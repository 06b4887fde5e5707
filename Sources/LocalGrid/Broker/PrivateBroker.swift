import Foundation
import TaskGridConfiguration

/// A RabbitMQ for one grid alone: this machine's package, run by this user, on the loopback, with its own data, user and ports.
///
/// It is two child processes for a ``Supervisor``: Erlang's port mapper, kept in the foreground so that it ends with the
/// rest, and the server itself, without the shell that usually stands before it.
struct PrivateBroker: Sendable {
    static let uses: [Ports.Use] = [.amqp, .management, .epmd, .distribution]

    private let installation: BrokerInstallation
    private let files: BrokerFiles
    private let ports: BrokerPorts
    private let folder: GridFolder
    /// The folder as the broker finds it.
    private let seen: GridFolder
    private let password: String

    private struct BrokerPorts {
        let amqp, management, epmd, distribution: Int
    }

    /// Finds the installed RabbitMQ and writes its files, over those of an earlier start.
    init(folder: GridFolder, ports: Ports, maximumMessageSize: Int? = nil) throws(LocalGridError) {
        guard let amqp = ports[.amqp], let management = ports[.management], let epmd = ports[.epmd],
            let distribution = ports[.distribution]
        else { throw LocalGridError(.port, "no ports were chosen for the private broker") }
        self.installation = try .find()
        self.folder = folder
        self.seen = folder.seenFromWithin
        self.files = BrokerFiles(folder: folder.broker)
        self.ports = BrokerPorts(amqp: amqp, management: management, epmd: epmd, distribution: distribution)
        self.password = try files.prepare(
            amqp: amqp, management: management, seen: seen, maximumMessageSize: maximumMessageSize)
    }

    var amqpURL: String { "amqp://\(BrokerDefinitions.user):\(password)@127.0.0.1:\(ports.amqp)" }
    var adminURL: String { "http://\(BrokerDefinitions.user):\(password)@127.0.0.1:\(ports.management)" }

    var stages: [[ChildProcess]] { [[portMapper], [server]] }

    /// Ends what a killed grid left running on the same data, and what could still run after a stop.
    static func endStrays(of folder: GridFolder) async {
        await Strays.end(mark, folder.broker)
    }

    /// The variable that marks every process of a broker with the broker's folder.
    static let mark = "TASKGRID_BROKER_FOLDER"

    /// Has the server's data taken away before it starts the next time.
    static func wipeBeforeStart(of folder: GridFolder) throws(LocalGridError) {
        let mark = BrokerFiles(folder: folder.broker).wipe
        guard FileManager.default.createFile(atPath: mark, contents: nil) else {
            throw LocalGridError(.folder, "cannot make \(mark) (\(Errno.current))")
        }
    }

    private var portMapper: ChildProcess {
        let port = ports.epmd
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

    private var server: ChildProcess {
        let (amqp, management, files) = (ports.amqp, ports.management, files)
        var server = ChildProcess(
            name: "broker",
            executable: installation.server,
            environment: .exactly(environment),
            workingDirectory: folder.path,
            log: folder.log(of: "broker-start"),
            readiness: .probe {
                // Asked in turn: the listeners open when all else is done.
                guard LoopbackPort.listens(management) else { return false }
                return await AMQPProbe.answers(amqp)
            },
            readyWithin: .seconds(120),
            stopWithin: .seconds(30),
            whenOrphaned: .terminated
        )
        server.beforeStart = { try files.wipeIfMarked() }
        return server
    }

    private var environment: [String: String] {
        let files = BrokerFiles(folder: seen.broker)
        return [
            Self.mark: folder.broker,
            "HOME": files.home,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": String(ports.epmd),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_NODENAME": "taskgrid@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": String(ports.amqp),
            "RABBITMQ_DIST_PORT": String(ports.distribution),
            "RABBITMQ_CONFIG_FILE": files.configuration,
            "RABBITMQ_ADVANCED_CONFIG_FILE": files.advanced,
            "RABBITMQ_ENABLED_PLUGINS_FILE": files.plugins,
            "RABBITMQ_MNESIA_BASE": files.data,
            "RABBITMQ_LOG_BASE": seen.logs,
            "RABBITMQ_PID_FILE": files.pid,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            // Lets the script give way to the server, so that signals go straight to it.
            "RUNNING_UNDER_SYSTEMD": "true",
        ]
    }
}
