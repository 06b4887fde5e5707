import AMQP
import Dispatcher
import Logging
import Monitor
import TaskGridCore
import TaskGridWorker
import WebSupport

/// Everything that can be configured, with its defaults. A setting is taken from the command's arguments, else from the environment,
/// else from the YAML file (`--config`, `TASKGRID_CONFIG`, else `config/taskgrid.yaml`). ``ConfigurationKey/all`` has the keys.
struct Configuration {
    /// The places that it was read from.
    var settings = SettingSources()
    var broker: String?
    var data: String?
    var prefix = Topology.defaultPrefix
    var queueKind = Queue.Kind.classic
    /// nil: the command's own.
    var logLevel: Logger.Level?
    var logFormat = TerminalLog.Format.text
    var readyFile: String?
    var health = HealthEndpoint.Configuration()
    /// The SQLite file of the tasks; nil: that of the grid's folder.
    var store: String?
    var dispatcher = DispatcherConfiguration(persistsWork: false)
    var worker = Worker()
    var monitor = MonitorConfiguration()

    var topology: Topology { Topology(prefix: prefix, queueKind: queueKind) }

    struct Worker {
        var concurrency = WorkerHost.defaultConcurrency
        /// nil: as the tasks' run times need.
        var prefetch: Int?
        var drainDeadline = WorkerHost.defaultDrainDeadline
        var persistsResults = false
    }

    /// The defaults.
    init() {}

    /// - Throws: `Failure` naming the first setting that cannot be used.
    init(_ settings: SettingSources) throws(Failure) {
        self.settings = settings
        for key in ConfigurationKey.all { try key.read(settings, &self) }
    }
}
