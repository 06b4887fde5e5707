import Dispatcher
import Monitor
import TaskGridConfiguration

/// Everything that can be configured, with its defaults. A setting is taken from the command's arguments, else from the environment,
/// else from the YAML file (`--config`, `TASKGRID_CONFIG`, else `config/taskgrid.yaml`). `ConfigurationKey.all` has the keys.
@dynamicMemberLookup
struct Configuration {
    /// What other programs of the grid have too.
    var program = ProgramSettings()
    /// The folder of the RabbitMQ that a private broker is; nil: the one that this machine has installed.
    var rabbitmq: String?
    /// The URL of the broker's management interface, with an administrator's login; nil: the one that is found.
    var admin: String?
    /// Where the tasks are kept; nil: in the SQLite file of the grid's folder.
    var store: StoreLocation?
    /// The file of the database's password; nil: its URL has it, or libpq finds it.
    var storePasswordFile: String?
    /// The file of what each user may do; nil: everybody everything.
    var rights: String?
    var dispatcher = DispatcherConfiguration()
    var monitor = MonitorConfiguration()

    subscript<Value>(dynamicMember path: KeyPath<ProgramSettings, Value>) -> Value { program[keyPath: path] }

    /// The defaults.
    init() {}

    /// - Throws: `SettingError` naming the first setting that cannot be used.
    init(_ sources: SettingSources) throws(SettingError) {
        program.sources = sources
        for key in ConfigurationKey.all { try key.read(sources, &self) }
    }

    /// The grid that the command means.
    func location() throws(SettingError) -> GridLocation { try program.location() }
}
