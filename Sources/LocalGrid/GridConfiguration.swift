package import AMQP
import Foundation
package import ServiceSupport
package import TaskGridConfiguration
package import TaskGridCore

/// The settings of a ``LocalGrid``: what it runs, and where.
package struct GridConfiguration: Sendable {
    /// The folder of the grid.
    package var folder: GridFolder
    package var broker: Broker
    package var ports: Ports.Choice
    /// The services that run beside the broker; nil for none.
    package var services: Services?
    /// The folder of the RabbitMQ that a private broker is; nil: the one that this machine has installed.
    package var rabbitmq: String?
    /// The most bytes of a message that a private broker takes; nil: RabbitMQ's own limit.
    package var maximumMessageSize: Int?
    /// The tasks are in a private PostgreSQL, in the grid's folder, in place of ``Services/store``.
    package var usesDatabase = false
    /// The loopback port by which the services reach the private PostgreSQL, by its true one: such as that of a ``Proxy``.
    package var databasePort: @Sendable (_ true: Int) throws(LocalGridError) -> Int = { $0 }
    /// The private broker speaks TLS alone and the services HTTPS, with certificates of the grid's own.
    package var usesTLS = false
    /// The waits before a process that died is started anew.
    package var restarts = Backoff(base: .milliseconds(250), ceiling: .seconds(15))

    package enum Broker: Sendable {
        /// A RabbitMQ of this grid's own: one node, or a cluster of several.
        case privately(nodes: Int = 1)
        /// One that runs already, as an `amqp://` or `amqps://` URL, and how TLS with it is spoken.
        case url(String, tls: TLSSettings? = nil)
    }

    /// The services and their settings. Each setting is passed on by argument and environment.
    package struct Services: Sendable {
        /// The program that has the commands `nameservice`, `dispatcher`, `monitor` and `worker`: an absolute path.
        package var executable: String
        package var workers: WorkerCounts
        /// Users of a private broker for people and programs that submit tasks, each with a password of its own in the folder.
        package var clients: [GridUser] = []
        /// The dispatcher processes: one is active, and the others stand by.
        package var dispatchers = 1
        /// The grid's names in the broker, so that several grids can share one, and the kind of its queues.
        package var topology: Topology
        /// Arguments after those that the grid itself gives.
        package var arguments: [Role: [String]] = [:]
        /// Variables for all of them, besides those that the grid itself sets and those of this process's own that are passed on.
        package var environment: [String: String] = [:]
        /// Variables for one kind alone: such as what the others need not know.
        package var secrets: [Role: [String: String]] = [:]
        /// The broker's URL for a process, by its name and the true URL: such as one that leads through a ``Proxy``.
        package var route: @Sendable (_ process: String, _ broker: String) throws(LocalGridError) -> String = { $1 }
        /// The dispatcher's file of tasks and the monitor's of its history; nil: those of the folder.
        package var store: String?
        package var history: String?
        /// The file of the password of a database that ``store`` names; nil: none.
        package var storePasswordFile: String?
        /// The host and port of the monitor that the settings name; nil: the loopback, and as `ports` says.
        package var monitorHost: String?
        package var monitorPort: Int?
        /// The certificate with which the settings have the services speak HTTPS; nil: the grid's own, where it uses TLS.
        package var certificate: CertificateFiles?
        /// The names by which the settings have the services asked, for the grid's own certificate. It has those of the loopback too.
        package var names: [String] = []
        /// How long a worker may take to end, its running tasks with it; past that it is killed.
        package var workersStopWithin: Duration = .seconds(45)

        package init(
            executable: String = Services.thisExecutable,
            workers: WorkerCounts,
            topology: Topology = Topology()
        ) {
            self.executable = executable
            self.workers = workers
            self.topology = topology
        }

        /// The names of the dispatchers' processes, the first of which is active after the start: `dispatcher`, `dispatcher-2` and so on.
        package var dispatcherProcesses: [String] { (1...max(1, dispatchers)).map { $0 == 1 ? "dispatcher" : "dispatcher-\($0)" } }

        /// The program that runs now.
        package static var thisExecutable: String {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? Bundle.main.executablePath
                ?? CommandLine.arguments[0]
        }
    }

    /// The store that the dispatcher finds by its settings, and the file of its password; nil where there is no dispatcher.
    var namedStore: (text: String, passwordFile: String?)? {
        services.map { ($0.store ?? folder.store, $0.store == nil ? nil : $0.storePasswordFile) }
    }

    /// The kinds of service processes; each is a command of the executable.
    package enum Role: String, Sendable, CaseIterable {
        case monitor, nameservice, dispatcher, worker
    }

    package init(folder: GridFolder = .standard(), broker: Broker = .privately(), ports: Ports.Choice = .standard, services: Services?) {
        self.folder = folder
        self.broker = broker
        self.ports = ports
        self.services = services
    }
}
