import AMQP
import Logging
import TaskGridCore
import TaskGridWorker

extension ProgramSettings {
    /// Every key of them, as a program with workers of its own has them: it serves `/healthz` only on a port that is set.
    package static let keys = gridKeys + serviceKeys + healthKeys(standardPort: .words("none", example: "8081")) + workerKeys

    /// Which grid is meant, and what is logged.
    package static let gridKeys = brokerKeys + tlsKeys + nameKeys + logKeys

    private static let brokerKeys: [SettingKey<ProgramSettings>] = [
        SettingKey(
            "broker", \.broker, kind: .optional(.text), in: defaults, valueName: "url",
            standard: .words("the broker of the grid that runs in the `data` folder", example: "amqp://guest:guest@localhost:5672"),
            description: """
                The broker's URL, `amqp://` or `amqps://`. The nodes of a cluster are separated by commas, `amqp://user:password@a,b:5673/vhost`, \
                or are a list of URLs: each connection has an order of its own.
                """
        ),
        SettingKey(
            "broker-password-file", \.brokerPasswordFile, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("none", example: "/run/secrets/broker"),
            description: """
                A file with the broker's password, for a broker's URL that has none: `amqp://user@host`. Only its owner may read it (mode 600). \
                It is read again at each reconnect.
                """
        ),
    ]

    private static let nameKeys: [SettingKey<ProgramSettings>] = [
        SettingKey(
            "data", \.data, kind: .optional(.path), in: defaults, valueName: "folder",
            standard: .words("`$XDG_STATE_HOME/taskgrid` or `~/.local/state/taskgrid`", example: "~/.local/state/taskgrid"),
            description: "The folder of a grid on this machine; the option `--grid` counts before `TASKGRID_BROKER`."
        ),
        SettingKey(
            "prefix", \.prefix,
            kind: .text(
                "1 to \(Topology.maximumPrefixLength) letters, digits, '-' or '_', the first none of the signs, and no dot, which ends it in names",
                { Topology.isValid(prefix: $0) }
            ),
            in: defaults, description: "The prefix of the grid's names in the broker. Grids with different prefixes can share a broker."
        ),
        SettingKey(
            "queue-kind", \.queueKind, kind: .choice, in: defaults, valueName: "kind",
            description: "The kind of the grid's queues: `classic`, or `quorum` for a cluster of brokers."
        ),
    ]

    private static let logKeys: [SettingKey<ProgramSettings>] = [
        SettingKey(
            "log-level", \.logLevel, kind: .optional(.choice), in: defaults, valueName: "level",
            standard: .words("`info` for services, `warning` for other commands", example: "info"),
            description: "The lowest level logged to standard error: `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`."
        ),
        SettingKey(
            "log-format", \.logFormat, kind: .choice, in: defaults, valueName: "format",
            description: "The format of log lines: `text`, or `json` for an object on each line."
        ),
    ]

    /// How whoever started a service learns of it.
    package static let serviceKeys: [SettingKey<ProgramSettings>] = [
        SettingKey(
            "ready-file", \.readyFile, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("none", example: "/run/taskgrid/ready"),
            description: "A file that a service creates once it is connected and consumes."
        ),
        SettingKey(
            "liveness-file", \.livenessFile, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("none", example: "/run/taskgrid/alive"),
            description:
                "A file that a service writes every 5 seconds while it is healthy. A service whose file is older than 15 seconds is stuck or gone."
        ),
    ]

    /// The port and hosts of the health endpoint, and its certificate, which is the monitor's too.
    ///
    /// - Parameter standardPort: the port of a program whose settings name none.
    package static func healthKeys(standardPort: SettingDefault) -> [SettingKey<ProgramSettings>] {
        [
            SettingKey(
                "health-host", \.healthHost, kind: .text, in: defaults, valueName: "host",
                description: "The address of a service's `/healthz`. The monitor has its own."
            ),
            SettingKey(
                "health-hosts", \.healthHosts, listOf: .hostName, example: "dispatcher,worker.example.org",
                description: """
                    The names that `/healthz` can be asked by, besides addresses, `localhost` and `health-host`: a list, or separated by commas. \
                    Requests for another host are refused, against DNS rebinding.
                    """
            ),
            SettingKey(
                "health-port", \.healthPort, kind: .optional(.integer(0...65535)), in: defaults, valueName: "port", standard: standardPort,
                description: """
                    The port of a service's `/healthz`; 0 for none. A worker of your own serves `/healthz` only if this is set, and needs the \
                    package trait `HealthEndpoint` for it.
                    """
            ),
        ] + httpsKeys
    }

    package static let workerKeys: [SettingKey<ProgramSettings>] = [
        SettingKey(
            "worker.concurrency", \.worker.concurrency, kind: .integer(1...10_000), in: defaults, valueName: "count",
            standard: .words("four for each core", example: "8"), description: "How many tasks a worker runs at a time."
        ),
        SettingKey(
            "worker.prefetch", \.worker.prefetch, kind: .optional(.integer(1...65535)), in: defaults, valueName: "count",
            standard: .words("the concurrency; twice that, at least 8, while tasks are short", example: "8"),
            description: """
                The messages of each type that the broker hands a worker ahead. A message has at most 1 MiB of payloads, or a single task.
                """
        ),
        SettingKey(
            "worker.results", \.worker.persistsResults, kind: .choice("persistent", or: "transient"), in: defaults,
            description: """
                Whether the broker writes results to disk: `persistent`, or `transient`, which is faster. Lost results are found and their \
                tasks run again either way.
                """
        ),
        SettingKey(
            "worker.drain-deadline", \.worker.drainDeadline, kind: .duration, in: defaults, valueName: "time",
            description: "How long running tasks may take once the worker is told to stop."
        ),
    ]

    static let defaults = ProgramSettings()
}
