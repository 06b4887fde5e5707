import AMQP
import Logging
import TaskGridCore
import TaskGridWorker

extension ProgramSettings {
    /// Every key of them.
    package static let keys = gridKeys + serviceKeys + workerKeys

    /// Which grid is meant, and what is logged.
    package static let gridKeys: [SettingKey<ProgramSettings>] = [
        SettingKey(
            "broker", \.broker, kind: .optional(.text), in: defaults, valueName: "url",
            standard: .words("that of the grid in `data`", example: "amqp://guest:guest@localhost:5672"),
            description: """
                The broker's URL, `amqp://` or `amqps://`. The nodes of a cluster are separated by commas, `amqp://user:password@a,b:5673/vhost`, \
                or are a list of URLs: each connection has an order of its own.
                """
        ),
        SettingKey(
            "data", \.data, kind: .optional(.path), in: defaults, valueName: "folder",
            standard: .words("`$XDG_STATE_HOME/taskgrid` or `~/.local/state/taskgrid`", example: "~/.local/state/taskgrid"),
            description: "The folder of a grid on this machine."
        ),
        SettingKey(
            "prefix", \.prefix,
            kind: .text(
                "1 to \(Topology.maximumPrefixLength) letters, digits, '-', '_' or '.', the first none of the signs",
                { Topology.isValid(prefix: $0) }
            ),
            in: defaults, description: "The prefix of the grid's names in the broker. Grids with different prefixes can share a broker."
        ),
        SettingKey(
            "queue-kind", \.queueKind, kind: .choice, in: defaults, valueName: "kind",
            description: "The kind of the grid's queues: `classic`, or `quorum` for a cluster of brokers."
        ),
        SettingKey(
            "log-level", \.logLevel, kind: .optional(.choice), in: defaults, valueName: "level",
            standard: .words("`info` for services, `warning` for other commands", example: "info"),
            description: "The lowest level logged to standard error: `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`."
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

    private static let defaults = ProgramSettings()
}
