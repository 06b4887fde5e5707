import AMQP
import LocalGrid
import Logging
import TaskGridCore
import WebSupport

extension ConfigurationKey {
    /// Every key, in the order of the YAML file and README's table.
    static let all: [ConfigurationKey] = ofEveryCommand + ofServices + ofDispatcher + ofWorker + ofMonitor

    /// The key of this name.
    ///
    /// - Precondition: there is one; each option of a command names its own, and a test reads the help of all commands.
    static func named(_ name: String) -> ConfigurationKey {
        guard let key = all.first(where: { $0.name == name }) else { preconditionFailure("there is no configuration key \(name)") }
        return key
    }

    private static let ofEveryCommand: [ConfigurationKey] = [
        ConfigurationKey(
            "broker", \.broker, kind: .optional(.text), valueName: "url",
            standard: .words("that of the grid in `data`", example: "amqp://guest:guest@localhost:5672"),
            description: "The broker's URL, `amqp://` or `amqps://`."
        ),
        ConfigurationKey(
            "data", \.data, kind: .optional(.text), valueName: "folder",
            standard: .words("`$XDG_STATE_HOME/taskgrid` or `~/.local/state/taskgrid`", example: "~/.local/state/taskgrid"),
            description: "The folder of a grid on this machine."
        ),
        ConfigurationKey(
            "prefix", \.prefix,
            kind: .text(
                "1 to \(Topology.maximumPrefixLength) letters, digits, '-', '_' or '.', the first none of the signs",
                { Topology.isValid(prefix: $0) }
            ),
            description: "The prefix of the grid's names in the broker. Grids with different prefixes can share a broker."
        ),
        ConfigurationKey(
            "queue-kind", \.queueKind, kind: .choice, valueName: "kind",
            description: "The kind of the grid's queues: `classic`, or `quorum` for a cluster of brokers."
        ),
        ConfigurationKey(
            "log-level", \.logLevel, kind: .optional(.choice), valueName: "level",
            standard: .words("`info` for services, `warning` for other commands", example: "info"),
            description: "The lowest level logged to standard error: `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`."
        ),
        ConfigurationKey(
            "log-format", \.logFormat, kind: .choice, valueName: "format",
            description: "The format of log lines: `text`, or `json` for an object on each line."
        ),
    ]

    private static let standardHealthPorts =
        ([("nameservice", Ports.Use.nameserviceHealth), ("dispatcher", Ports.Use.dispatcherHealth)] + Ports.Use.workerHealth)
        .map { "\($0.1) \($0.0)" }.joined(separator: ", ")

    private static let ofServices: [ConfigurationKey] = [
        ConfigurationKey(
            "ready-file", \.readyFile, kind: .optional(.text), valueName: "file", standard: .words("none", example: "/run/taskgrid/ready"),
            description: "A file that a service creates once it is connected and consumes."
        ),
        ConfigurationKey(
            "health-host", \.health.host, kind: .text, valueName: "host",
            description: "The address of a service's `/healthz`. The monitor has its own."
        ),
        ConfigurationKey(
            "health-port", \.health.port, kind: .optional(.integer(0...65535)), valueName: "port",
            standard: .words("\(standardHealthPorts); a free one if that is taken", example: "\(Ports.Use.dispatcherHealth)"),
            description: "The port of a service's `/healthz`; 0 for none."
        ),
    ]
}
