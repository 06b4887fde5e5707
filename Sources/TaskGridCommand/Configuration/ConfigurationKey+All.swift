import LocalGrid
import TaskGridConfiguration
import WebSupport

/// A key of the command's configuration.
typealias ConfigurationKey = SettingKey<Configuration>

extension ConfigurationKey {
    /// Every key, in the order of the YAML file and the reference.
    static var all: [ConfigurationKey] { ConfigurationKeys.all }

    /// The key of this name.
    ///
    /// - Precondition: there is one; each option of a command names its own, and a test reads the help of all commands.
    static func named(_ name: String) -> ConfigurationKey {
        guard let key = all.first(where: { $0.name == name }) else { preconditionFailure("there is no configuration key \(name)") }
        return key
    }

    /// The variable of the key of this name.
    static func variable(of name: String) -> String { SettingSources.variable(of: name) }
}

/// The keys of the command, by what they are for.
enum ConfigurationKeys {
    static let all =
        (ProgramSettings.gridKeys.map(\.ofCommand) + ofLogs + ProgramSettings.serviceKeys.map(\.ofCommand) + ofHealth + ofDispatcher
            + ProgramSettings.workerKeys.map(\.ofCommand) + ofMonitor)

    static let defaults = Configuration()

    private static let ofLogs: [ConfigurationKey] = [
        ConfigurationKey(
            "log-format", \.logFormat, kind: .choice, in: defaults, valueName: "format",
            description: "The format of log lines: `text`, or `json` for an object on each line."
        )
    ]

    private static let standardHealthPorts =
        ([("nameservice", Ports.Use.nameserviceHealth), ("dispatcher", Ports.Use.dispatcherHealth)] + Ports.Use.workerHealth)
        .map { "\($0.1) \($0.0)" }.joined(separator: ", ")

    private static let ofHealth: [ConfigurationKey] = [
        ConfigurationKey(
            "health-host", \.health.host, kind: .text, in: defaults, valueName: "host",
            description: "The address of a service's `/healthz`. The monitor has its own."
        ),
        ConfigurationKey(
            "health-port", \.health.port, kind: .optional(.integer(0...65535)), in: defaults, valueName: "port",
            standard: .words("\(standardHealthPorts); a free one if that is taken", example: "\(Ports.Use.dispatcherHealth)"),
            description: "The port of a service's `/healthz`; 0 for none."
        ),
    ]
}

extension SettingKey<ProgramSettings> {
    fileprivate var ofCommand: ConfigurationKey { within(\Configuration.program) }
}
