import AMQP
import ArgumentParser
import BuiltinWorkers
import Foundation
import LocalGrid
import Logging
import Monitor
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore
import TaskGridWorker

/// Runs a whole grid on this machine.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run a whole grid on this machine: a private RabbitMQ, the services and workers.",
        usage: "taskgrid up [<options>]",
        discussion: """
            It runs until Ctrl-C, which stops everything in order. Accepted tasks are kept
            in the grid's folder, and run after the next start.
              taskgrid up
              taskgrid up --workers hash=4,wait=0
              taskgrid up --ports free --data /tmp/grid  beside another grid
              taskgrid up --broker amqp://user@host      with a running broker
              taskgrid up --nodes 3                      with a cluster of three brokers
              taskgrid up --store postgresql             with a PostgreSQL of its own
              taskgrid up --tls                          everything encrypted
              taskgrid up --client alice=hash,sum        with a login for alice
            """
    )

    @Option(help: "standard: the documented ports; free: any.", completion: .list(["standard", "free"]), transform: Arguments.ports)
    var ports: Ports.Choice = .standard
    @Option(help: ArgumentHelp("How many worker processes of each type; one of each that is not named.", valueName: "type=count,…"))
    var workers: String?
    @Option(
        name: .customLong("client"),
        help: ArgumentHelp(
            "A user of the private broker that submits tasks of these types; without types of all. Repeatable.", valueName: "name=types"),
        transform: UsersCommand.group)
    var clients: [UsersCommand.Group] = []
    @OptionGroup var store: StoreKindOption
    @OptionGroup var nodes: NodesOption
    @OptionGroup(title: "Grid") var grid: GridOptions

    func validate() throws {
        do throws(LocalGridError) {
            _ = try counts()
        } catch {
            throw ValidationError("--workers: \(error.message)")
        }
    }

    /// The workers to start.
    private func counts() throws(LocalGridError) -> WorkerCounts {
        let types = BuiltinWorkers.all.map(\.type)
        var counts = WorkerCounts(Dictionary(uniqueKeysWithValues: types.map { ($0, 1) }))
        if let workers { try counts.apply(workers, known: types) }
        return counts
    }

    func run() async throws {
        try await Failure.reported {
            try FileLimit.require("a grid", servesHTTP: true)
            let configuration = try await grid.configuration([nodes.rabbitmq])
            let logger = configuration.logger("up", default: .info)
            if let (_, name) = configuration.sources.text("health-port") {
                throw Failure(.failed, "\(name): 'taskgrid up' gives each service a port of its own; leave this setting out")
            }
            ProcessHardening.apply(logger)
            configuration.warnOfPassword(logger)
            let ready = ReadyFile(path: configuration.readyFile, logger: logger)
            ready.prepare()
            var services = GridConfiguration.Services(workers: try counts(), topology: nodes.topology(configuration))
            services.clients = clients.map { GridUser(name: $0.name, role: .client($0.types ?? [])) }
            try Self.check(services)
            services.environment = inherited
            services.store = configuration.store?.absolute.text
            services.storePasswordFile = configuration.storePasswordFile.map { URL(fileURLWithPath: $0).path }
            services.history = configuration.monitor.history
            if configuration.sources.text("monitor.port") != nil { services.monitorPort = configuration.monitor.port }
            if configuration.sources.text("monitor.host") != nil { services.monitorHost = configuration.monitor.host }
            services.certificate = try configuration.program.certificateFiles()
            services.names = names(configuration)
            // Time to give back what did not finish, and to say farewell.
            services.workersStopWithin = configuration.worker.drainDeadline + .seconds(15)
            let broker: GridConfiguration.Broker =
                try configuration.program.brokerToStart().map { .url($0.url, tls: $0.tls) } ?? .privately(nodes: nodes.nodes)
            if case .url = broker, nodes.nodes > 1 {
                throw Failure(.failed, "--nodes is for a private RabbitMQ, and a broker is named: take one of them away")
            }
            if case .url = broker, nodes.usesTLS {
                throw Failure(
                    .failed,
                    "--tls is for a private RabbitMQ, and a broker is named: name it with amqps://, and https-certificate for the services")
            }
            if case .url = broker, !clients.isEmpty {
                throw Failure(.failed, "--client is for a private RabbitMQ, and a broker is named: 'taskgrid users' makes users of it")
            }
            let folder = configuration.folder
            try Self.check(store.store, named: configuration.store, in: folder)
            let kept = try token(configuration)
            services.secrets[.monitor] = monitorVariables(configuration, keepsToken: kept != nil)
            var plan = GridConfiguration(folder: folder, broker: broker, ports: ports, services: services)
            plan.rabbitmq = configuration.rabbitmq
            plan.usesTLS = nodes.usesTLS
            plan.usesDatabase = store.usesDatabase
            try await GridRun(grid: LocalGrid(plan), logger: logger).run { file in
                let welcome = Welcome(
                    file: file, folder: folder, token: kept, namesFolder: configuration.broker != nil, clients: clients.map(\.name))
                Terminal.say(welcome.text)
                ready.make()
            }
        }
    }

    /// Makes sure that no client has the name of another user.
    private static func check(_ services: GridConfiguration.Services) throws(Failure) {
        let names = services.users.map(\.name)
        guard let name = services.clients.map(\.name).first(where: { name in names.count(where: { $0 == name }) > 1 }) else { return }
        throw Failure(.failed, "--client \(name): another user of the grid has this name: \(names.listed)")
    }

    /// Makes sure that it is said where the tasks are.
    ///
    /// - Parameters:
    ///   - kind: the store in the folder that was asked for; nil: none was.
    ///   - named: the store that the settings name; nil: they name none.
    ///   - folder: the grid's folder.
    static func check(_ kind: StoreKindOption.Kind?, named: StoreLocation?, in folder: GridFolder) throws(Failure) {
        if kind != nil, named != nil {
            throw Failure(.failed, "--store is for a store in the grid's folder, and dispatcher.store names one: take one of them away")
        }
        // With the empty file of a first start, the tasks in the database would seem to be lost.
        if kind == nil, named == nil, folder.hasDatabase {
            throw Failure(
                .failed,
                "\(folder.path) has a PostgreSQL of an earlier start: add --store postgresql to go on with its tasks, or --store sqlite to "
                    + "leave them there")
        }
    }

    /// The token of the grid's folder; nil where others are configured.
    private func token(_ configuration: Configuration) throws(LocalGridError) -> String? {
        let monitor = configuration.monitor
        guard monitor.token == nil, monitor.tokenFile == nil, monitor.tokensFile == nil else { return nil }
        return try configuration.folder.keptToken(isToken: MonitorToken.isToken, make: MonitorToken.random)
    }

    /// The settings of the monitor that are not its own defaults here: other users of this machine can reach it.
    private func monitorVariables(_ configuration: Configuration, keepsToken: Bool) -> [String: String] {
        let folder = configuration.folder
        var values = ["monitor.protect-reading": "on", "monitor.audit-file": folder.audit]
        if keepsToken { values["monitor.token-file"] = folder.tokenFile }
        let unset = values.filter { configuration.sources.text($0.key) == nil }
        return Dictionary(uniqueKeysWithValues: unset.map { (ConfigurationKey.variable(of: $0.key), $0.value) })
    }

    /// The names by which the settings have the services asked.
    private func names(_ configuration: Configuration) -> [String] {
        let (monitor, program) = (configuration.monitor, configuration.program)
        let listening = [monitor.host, program.healthHost].filter { !["0.0.0.0", "::", ""].contains($0) }
        return listening + monitor.hosts + program.healthHosts
    }

    /// The settings that the services take from this command's arguments.
    private var inherited: [String: String] {
        var variables = KeyArgument.byVariable([grid.logLevel, grid.logFormat])
        variables["TASKGRID_CONFIG"] = grid.config
        return variables
    }
}

/// The lines that tell a person about a grid that runs.
struct Welcome {
    let file: GridFile
    let folder: GridFolder
    /// The monitor's token, if it is the folder's.
    var token: String?
    /// Whether its folder has to be named although it is the standard one: the settings name a broker, which would come first.
    var namesFolder = false
    /// The users for clients.
    var clients: [String] = []

    var text: String {
        let example = "taskgrid run reverse hello"
        let command = namesFolder ? "\(example) --grid \(ShellWord(path: folder.path))" : folder.command(example)
        var lines = ["", "The grid runs. Try it in another terminal:", "", "    \(command)", ""]
        if let monitor = file.monitor {
            // A browser sends the part behind '#' to nobody.
            lines.append("    dashboard       \(monitor)/\(token.map { "#token=\($0)" } ?? "")")
            lines.append(
                "    token           \(token == nil ? "as configured (monitor.token, monitor.tokens-file)" : ShellWord(path: folder.tokenFile).description)"
            )
        }
        if let store = file.store {
            let location = StoreLocation(store)
            lines.append("    store           \(ShellWord(location?.urlWithoutPassword ?? store))")
            lines.append("    store check     \(folder.command("taskgrid store check"))")
        }
        if let admin = file.admin { lines.append("    RabbitMQ admin  \(admin)") }
        if file.admin != nil, let ca = file.tls?.ca { lines.append("    CA              \(ShellWord(path: ca))") }
        for client in clients {
            let broker = file.amqp.replacing(/:\/\/[^@]*@/) { _ in "://\(client)@" }
            lines.append("    client          \(broker), its password in \(ShellWord(path: folder.password(of: client)))")
        }
        lines.append("    logs            \(ShellWord(path: folder.logs))")
        lines.append("")
        lines.append("Ctrl-C stops it.")
        return lines.joined(separator: "\n")
    }
}
