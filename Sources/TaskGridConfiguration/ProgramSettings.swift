package import AMQP
package import Logging
package import TaskGridCore
package import TaskGridWorker

/// The settings that every program of the grid has, the `taskgrid` command and a user's worker alike: which grid it means, how it logs,
/// and how it works where it is a worker.
///
/// This module finds settings (arguments, environment, file) and the grid that runs on this machine. The command and `TaskGrid` read
/// their settings with it, so that both know the same keys, the same defaults and the same grid. ``keys`` has the keys.
package struct ProgramSettings: Sendable {
    /// The places that they were read from.
    package var sources = SettingSources()
    package var broker: String?
    package var brokerPasswordFile: String?
    package var tls = TLSSettings()
    package var data: String?
    package var prefix = Topology.defaultPrefix
    package var queueKind = Queue.Kind.classic
    /// nil: the program's own.
    package var logLevel: Logger.Level?
    package var logFormat = TerminalLog.Format.text
    package var readyFile: String?
    package var livenessFile: String?
    package var healthHost = "127.0.0.1"
    package var healthHosts: [String] = []
    /// 0: no endpoint; nil: the program's own choice.
    package var healthPort: Int?
    package var httpsCertificate: String?
    package var httpsKey: String?
    package var worker = WorkerOptions()

    package var topology: Topology { Topology(prefix: prefix, queueKind: queueKind) }

    /// The defaults.
    package init() {}

    /// - Parameters:
    ///   - sources: the places that give settings.
    ///   - worker: the options of a worker where no place gives them.
    /// - Throws: `SettingError` naming the first setting that cannot be used.
    package init(_ sources: SettingSources, worker: WorkerOptions = WorkerOptions()) throws(SettingError) {
        self.sources = sources
        self.worker = worker
        for key in Self.keys { try key.read(sources, &self) }
    }
}
