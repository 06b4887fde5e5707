import LocalGrid
import TaskGridConfiguration

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
        (ProgramSettings.gridKeys.map(\.ofCommand) + ofBroker + ProgramSettings.serviceKeys.map(\.ofCommand) + ofHealth
            + ofDispatcher
            + ProgramSettings.workerKeys.map(\.ofCommand) + ofMonitor)

    static let defaults = Configuration()

    private static let ofBroker: [ConfigurationKey] = [
        ConfigurationKey(
            "rabbitmq", \.rabbitmq, kind: .optional(.path), in: defaults, valueName: "folder",
            standard: .words("the one that this machine has installed", example: "~/rabbitmq_server-4.0.5"),
            description: "The RabbitMQ of a private broker: a folder with `sbin` in it, as RabbitMQ's archive for Unix has it."
        ),
        ConfigurationKey(
            "admin", \.admin, kind: .optional(.text), in: defaults, valueName: "url",
            standard: .words(
                "that of the grid of this machine, else port 15672 beside the broker, with its user",
                example: "http://admin@localhost:15672"),
            description: """
                The URL of the broker's management interface, `http://user:password@host:15672` or with `https`, for `taskgrid check` and \
                `taskgrid users --import`. No service needs it.
                """
        ),
    ]

    private static let standardHealthPorts =
        ([("nameservice", Ports.Use.nameserviceHealth), ("dispatcher", Ports.Use.dispatcherHealth)] + Ports.Use.workerHealth)
        .map { "\($0.1) \($0.0)" }.joined(separator: ", ")

    private static let ofHealth = ProgramSettings.healthKeys(
        standardPort: .words("\(standardHealthPorts); a free one if that is taken", example: "\(Ports.Use.dispatcherHealth)")
    ).map(\.ofCommand)
}

extension SettingKey<ProgramSettings> {
    fileprivate var ofCommand: ConfigurationKey { within(\Configuration.program) }
}
