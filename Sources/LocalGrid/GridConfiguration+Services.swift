import AMQP
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore

extension GridConfiguration {
    /// The ports that the services need.
    var serviceUses: [Ports.Use] {
        guard let services else { return [] }
        let workers = services.workers.each.map { Ports.Use.worker($0.type, number: $0.number) }
        return (usesDatabase ? [.database] : []) + [.monitor, .nameservice, .dispatcher] + workers
    }

    /// The ports that the settings name.
    var fixedPorts: [Ports.Use: Int] { services?.monitorPort.map { [.monitor: $0] } ?? [:] }

    /// The services in the order in which they start; they stop in the reverse.
    ///
    /// - Parameters:
    ///   - ports: the ports that were chosen.
    ///   - amqp: the broker's URL.
    ///   - tls: how TLS with it is spoken.
    ///   - store: the URL of a private database that has the tasks, and the file of its password; nil: as the settings say.
    ///   - certificate: what the services speak HTTPS with; nil: as their own settings say.
    ///   - userURLs: the URLs, without a password, of the users of a private broker by their names, each of whom has a file of the password in
    ///     the broker's folder; empty: all services log in by `amqp`.
    func serviceStages(
        ports: Ports, amqp: String, tls: TLSSettings? = nil, store: (url: String, passwordFile: String)? = nil,
        certificate: CertificateFiles? = nil, userURLs: [String: String] = [:]
    ) throws(LocalGridError) -> [[ChildProcess]] {
        guard let services else { return [] }
        func login(of user: String) throws(LocalGridError) -> (url: String, passwordFile: String?) {
            guard !userURLs.isEmpty else { return (amqp, nil) }
            // That of the administrator would do, and let the service do everything.
            guard let url = userURLs[user] else {
                throw LocalGridError(
                    .configuration, "the private broker has no user '\(user)', as whom a service of the grid logs in: please report it")
            }
            return (url, BrokerFiles(folder: folder.broker).password(of: user))
        }
        func child(
            _ role: Role, named name: String, type: TaskType? = nil, port use: Ports.Use?, arguments: [String] = [],
            readiness: Readiness? = nil, stopWithin: Duration
        ) throws(LocalGridError) -> ChildProcess {
            let ready = folder.readyFile(of: name)
            var variables = PassedEnvironment.variables(for: role).merging(services.environment) { $1 }
            variables.merge(services.secrets[role] ?? [:]) { $1 }
            if let store {
                // libpq's are those of another database. The password's file is named, because the file of settings may name another's.
                variables = variables.filter { !$0.key.hasPrefix("PG") }
                variables["TASKGRID_DISPATCHER_STORE_PASSWORD_FILE"] = role == .dispatcher ? store.passwordFile : nil
            }
            variables.merge(ProgramSettings.variables(of: tls)) { $1 }
            variables.merge(ProgramSettings.variables(of: certificate)) { $1 }
            let (url, passwordFile) = try login(of: services.user(role, type: type))
            // Another broker's URL may hold a password: an argument would show it to everyone in `ps`.
            variables["TASKGRID_BROKER"] = try services.route(name, url)
            // Each reconnect reads it, so that a changed password needs no restart.
            if let passwordFile { variables["TASKGRID_BROKER_PASSWORD_FILE"] = passwordFile }
            variables["TASKGRID_PREFIX"] = services.topology.prefix
            variables["TASKGRID_QUEUE_KIND"] = services.topology.queueKind.rawValue
            variables["TASKGRID_READY_FILE"] = ready
            // A URL may hold a password.
            if role == .dispatcher { variables["TASKGRID_DISPATCHER_STORE"] = store?.url ?? services.store ?? folder.store }
            if role == .monitor { variables["TASKGRID_MONITOR_HISTORY"] = services.history ?? folder.history }
            // One without a port of its own takes any.
            if let port = use.map({ ports[$0] }) ?? 0, role != .monitor { variables["TASKGRID_HEALTH_PORT"] = String(port) }
            return ChildProcess(
                name: name,
                executable: services.executable,
                arguments: [role.rawValue] + arguments + (services.arguments[role] ?? []),
                environment: .exactly(variables),
                log: folder.log(of: name),
                readiness: readiness ?? .file(ready),
                stopWithin: stopWithin
            )
        }
        let monitorPort = ports[.monitor].map { ["--port", String($0)] } ?? []
        let workers = try services.workers.each.map { type, number, name throws(LocalGridError) in
            try child(
                .worker, named: name, type: type, port: .worker(type, number: number), arguments: [type.name],
                stopWithin: services.workersStopWithin)
        }
        let rights = userURLs.isEmpty ? [] : ["--rights", BrokerFiles(folder: folder.broker).rights]
        let dispatchers = try services.dispatcherProcesses.enumerated().map { index, name throws(LocalGridError) in
            // One of a grid's own several is ready when it is active. The only one may stand by for one that somebody has added.
            let ready = services.dispatchers > 1 ? nil : Readiness.fileOrStandby(folder.readyFile(of: name))
            var dispatcher = try child(
                .dispatcher, named: name, port: index == 0 ? .dispatcher : nil, arguments: rights,
                readiness: index == 0 ? ready : .started, stopWithin: .seconds(20))
            // One that stands by is ready when the other has gone.
            if services.dispatchers > 1 { dispatcher.readyWithin = .seconds(86_400) }
            return dispatcher
        }
        return [
            [try child(.monitor, named: "monitor", port: .monitor, arguments: monitorPort, stopWithin: .seconds(10))],
            [try child(.nameservice, named: "nameservice", port: .nameservice, arguments: rights, stopWithin: .seconds(10))],
            Array(dispatchers.prefix(1)),
        ] + (dispatchers.count > 1 ? [Array(dispatchers.dropFirst())] : []) + [workers]
    }
}
