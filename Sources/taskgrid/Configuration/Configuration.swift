import AMQP
import Dispatcher
import Foundation
import Logging
import Monitor
import TaskGridCore
import TaskGridWorker
import WebSupport

/// Everything that can be configured. A setting is taken from the command's arguments, else from the environment, else from
/// the YAML file (`--config`, `TASKGRID_CONFIG`, else `config/taskgrid.yaml`), else it has its default. A key's variable is
/// `TASKGRID_` and the key in capitals with `_` for `.` and `-`: `worker.drain-deadline` is `TASKGRID_WORKER_DRAIN_DEADLINE`.
/// Times are written `500ms`, `30s`, `15m`, `12h`, `7d`; a bare number is seconds.
///
/// | key | what | default |
/// |---|---|---|
/// | `broker` | the broker's URL, `amqp://` or `amqps://` | that of the grid in `data` |
/// | `data` | the folder of a grid on this machine | `$XDG_STATE_HOME/taskgrid` or `~/.local/state/taskgrid` |
/// | `prefix` | before every name in the broker, so that several grids can share one | `taskgrid` |
/// | `queue-kind` | `classic`, or `quorum` for a cluster | `classic` |
/// | `log-level` | `trace`, `debug`, `info`, `notice`, `warning`, `error`, `critical` | services `info`, others `warning` |
/// | `log-format` | `text`, or `json`: an object a line | `text` |
/// | `ready-file` | a file that a service makes when it is connected and consumes | none |
/// | `health-host` | the address that a service's `/healthz` is on; the monitor has its own | `127.0.0.1` |
/// | `health-port` | its port; 0 for none | 50051 nameservice, 50052 dispatcher, 50060 and on workers |
/// | `dispatcher.store` | the SQLite file of the tasks | `store.sqlite` in `data` |
/// | `dispatcher.max-payload` | the most bytes of a payload | 4194304 |
/// | `dispatcher.max-attempts` | the attempts of a task whose submission gives no number | 3 |
/// | `dispatcher.backoff` | before the second attempt, doubled for each after it; each wait is between its half and its whole | `1s` |
/// | `dispatcher.max-backoff` | at most that long | `60s` |
/// | `dispatcher.retention` | how long ended tasks and results are kept | `7d` |
/// | `dispatcher.retention-count` | how many of them are kept at most, and about how many keys beyond the latest hour's | 10000000 |
/// | `dispatcher.window` | how much work the broker holds per type, in time | `2s` |
/// | `dispatcher.max-batch` | the most tasks of a work message | 256 |
/// | `dispatcher.breaker` | `on`, or `off`: whether circuit breakers hold tasks back | `on` |
/// | `dispatcher.breaker-window` | how far back attempts count for a type's circuit breaker | `30s` |
/// | `dispatcher.breaker-attempts` | fewer attempts than that within the window say nothing | 20 |
/// | `dispatcher.breaker-percent` | the share of failed attempts at which it opens | 50 |
/// | `dispatcher.breaker-pause` | how long it stays open at first; doubled each time its probes fail | `10s` |
/// | `dispatcher.breaker-max-pause` | at most that long | `5m` |
/// | `dispatcher.breaker-probes` | tasks that must succeed before it closes | 3 |
/// | `dispatcher.work` | `transient`, or `persistent`: whether the broker writes work to disk; lost work is found either way | `transient` |
/// | `dispatcher.prefetch` | messages that the broker hands the dispatcher ahead | 500 |
/// | `worker.concurrency` | how many tasks a worker runs at a time | four for each core |
/// | `worker.prefetch` | messages of each type that the broker hands it ahead | the concurrency; twice that, at least 8, while tasks are short |
/// | `worker.results` | `transient`, or `persistent`: whether the broker writes results to disk | `transient` |
/// | `worker.drain-deadline` | how long running tasks may take once the worker is told to stop | `30s` |
/// | `monitor.host` | the address that the monitor listens on | `127.0.0.1` |
/// | `monitor.port` | its port; 0 for any | 8080 |
/// | `monitor.hosts` | names that the monitor may be asked by, besides addresses, `localhost` and `monitor.host`; a list | none |
/// | `monitor.history` | the SQLite file of the monitor's history; without one it is kept in memory | `up`: `history.sqlite` in `data` |
/// | `monitor.token` | what a request must show that has something done, 16 bytes or more; without one nothing is done | `up` makes one |
/// | `monitor.protect-reading` | `off`, or `on`: reading needs the token too | `off` |
struct Configuration {
    let settings: Settings
    let topology: Topology
    let logLevel: Logger.Level?
    let logFormat: TerminalLog.Format
    let readyFile: String?
    let health: HealthEndpoint.Configuration
    let dispatcher: DispatcherConfiguration
    let worker: Worker
    let monitor: MonitorConfiguration

    struct Worker {
        let concurrency: Int
        /// nil: as the tasks' run times need.
        let prefetch: Int?
        let drainDeadline: Duration
        let persistsResults: Bool
    }

    /// - Throws: `Failure` naming the first setting that cannot be.
    init(_ settings: Settings) throws(Failure) {
        self.settings = settings
        topology = Topology(
            prefix: try settings.value(
                "prefix", "1 to \(Topology.maximumPrefixLength) letters, digits, '-', '_' or '.', the first none of the signs",
                default: Topology.defaultPrefix
            ) { Topology.isValid(prefix: $0) ? $0 : nil },
            queueKind: try settings.choice("queue-kind", default: .classic)
        )
        let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
        logLevel = try settings.value("log-level", "one of \(levels)", default: nil) { text in Logger.Level(rawValue: text).map { $0 } }
        logFormat = try settings.choice("log-format", default: .text)
        readyFile = settings.text("ready-file")?.text
        health = HealthEndpoint.Configuration(
            host: settings.text("health-host")?.text ?? HealthEndpoint.Configuration.defaultHost,
            port: settings.text("health-port") == nil ? nil : try settings.integer("health-port", 0...65535, default: 0)
        )
        dispatcher = try DispatcherConfiguration(settings)
        worker = try Worker(settings)
        monitor = MonitorConfiguration(
            host: settings.text("monitor.host")?.text ?? MonitorConfiguration.defaultHost,
            port: try settings.integer("monitor.port", 0...65535, default: MonitorConfiguration.defaultPort),
            token: try Self.token(settings),
            protectsReading: try settings.choice("monitor.protect-reading", default: Switch.off) == .on,
            history: settings.text("monitor.history")?.text,
            hosts: try settings.list("monitor.hosts", "a list of host names, without ports", Self.isHostName)
        )
    }
}

extension Configuration {
    /// Letters, digits, `-` and `_` in parts between dots (RFC 1123, and the names of containers), at most 253 bytes.
    private static func isHostName(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && parts.allSatisfy { part in
                (1...63).contains(part.utf8.count) && part.utf8.allSatisfy { $0 < 0x80 }
                    && part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
            }
    }

    /// The monitor's token. An error does not repeat it.
    private static func token(_ settings: Settings) throws(Failure) -> String? {
        guard let (token, name) = settings.text("monitor.token") else { return nil }
        guard token.utf8.count >= MonitorToken.minimumLength, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Failure(.failed, "\(name): a token has \(MonitorToken.minimumLength) bytes or more, ASCII without spaces")
        }
        return token
    }
}

extension Configuration.Worker {
    fileprivate init(_ settings: Settings) throws(Failure) {
        concurrency = try settings.integer("worker.concurrency", 1...10_000, default: WorkerHost.defaultConcurrency)
        prefetch = settings.text("worker.prefetch") == nil ? nil : try settings.integer("worker.prefetch", 1...65535, default: 1)
        drainDeadline = try settings.duration("worker.drain-deadline", default: .seconds(30))
        persistsResults = try settings.choice("worker.results", default: Keeping.transient) == .persistent
    }
}

extension DispatcherConfiguration {
    fileprivate init(_ settings: Settings) throws(Failure) {
        self.init()
        maximumPayload = try settings.integer("dispatcher.max-payload", 1...(60 << 20), default: maximumPayload)
        retry.maxAttempts = try settings.integer("dispatcher.max-attempts", 1...1000, default: retry.maxAttempts)
        retry.backoff.base = try settings.duration("dispatcher.backoff", default: retry.backoff.base)
        retry.backoff.ceiling = try settings.duration("dispatcher.max-backoff", default: retry.backoff.ceiling)
        retention = try settings.duration("dispatcher.retention", default: retention)
        retentionCount = try settings.integer("dispatcher.retention-count", 0...1_000_000_000, default: retentionCount)
        window = try settings.duration("dispatcher.window", default: window)
        maximumBatch = try settings.integer("dispatcher.max-batch", 1...10_000, default: maximumBatch)
        breaker = try BreakerSettings(settings)
        persistsWork = try settings.choice("dispatcher.work", default: Keeping.transient) == .persistent
        prefetch = try settings.integer("dispatcher.prefetch", 1...65535, default: prefetch)
    }
}

private enum Switch: String, CaseIterable {
    case on, off
}

extension BreakerSettings {
    fileprivate init(_ settings: Settings) throws(Failure) {
        self.init()
        isEnabled = try settings.choice("dispatcher.breaker", default: Switch.on) == .on
        window = try settings.duration("dispatcher.breaker-window", default: window)
        minimumAttempts = try settings.integer("dispatcher.breaker-attempts", 1...1_000_000, default: minimumAttempts)
        failureRatio = Double(try settings.integer("dispatcher.breaker-percent", 1...100, default: Int(failureRatio * 100))) / 100
        pause = try settings.duration("dispatcher.breaker-pause", default: pause)
        maximumPause = try settings.duration("dispatcher.breaker-max-pause", default: maximumPause)
        probes = try settings.integer("dispatcher.breaker-probes", 1...1000, default: probes)
    }
}

/// How the broker keeps messages that the grid finds again when they are lost.
private enum Keeping: String, CaseIterable {
    case transient, persistent
}
