import AMQP
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore

extension GridConfiguration {
    /// The ports that the services need.
    var serviceUses: [Ports.Use] {
        guard let services else { return [] }
        return [.monitor, .nameservice, .dispatcher] + services.workers.each.map { .worker($0.type, number: $0.number) }
    }

    /// The ports that the settings name.
    var fixedPorts: [Ports.Use: Int] { services?.monitorPort.map { [.monitor: $0] } ?? [:] }

    /// The services in the order in which they start; they stop in the reverse.
    ///
    /// - Parameters:
    ///   - ports: the ports that were chosen.
    ///   - amqp: the broker's URL.
    ///   - tls: how TLS with it is spoken.
    ///   - certificate: what the services speak HTTPS with; nil: as their own settings say.
    ///   - userURLs: the broker's URLs of the users of a private broker, by their names; empty: all services log in by `amqp`.
    func serviceStages(
        ports: Ports, amqp: String, tls: TLSSettings? = nil, certificate: CertificateFiles? = nil, userURLs: [String: String] = [:]
    ) throws(LocalGridError) -> [[ChildProcess]] {
        guard let services else { return [] }
        func login(of user: String) throws(LocalGridError) -> String {
            guard !userURLs.isEmpty else { return amqp }
            // That of the administrator would do, and let the service do everything.
            guard let url = userURLs[user] else {
                throw LocalGridError(
                    .configuration, "the private broker has no user '\(user)', as whom a service of the grid logs in: please report it")
            }
            return url
        }
        func child(
            _ role: Role, named name: String, type: TaskType? = nil, port use: Ports.Use, arguments: [String] = [], stopWithin: Duration
        ) throws(LocalGridError) -> ChildProcess {
            let ready = folder.readyFile(of: name)
            var variables = PassedEnvironment.variables(for: role).merging(services.environment) { $1 }
            variables.merge(services.secrets[role] ?? [:]) { $1 }
            // The URL holds the password: an argument would show it to everyone in `ps`.
            variables.merge(ProgramSettings.variables(of: tls)) { $1 }
            variables.merge(ProgramSettings.variables(of: certificate)) { $1 }
            variables["TASKGRID_BROKER"] = try services.route(name, login(of: services.user(role, type: type)))
            variables["TASKGRID_PREFIX"] = services.topology.prefix
            variables["TASKGRID_QUEUE_KIND"] = services.topology.queueKind.rawValue
            variables["TASKGRID_READY_FILE"] = ready
            if role == .monitor { variables["TASKGRID_MONITOR_HISTORY"] = services.history ?? folder.history }
            if let port = ports[use], role != .monitor { variables["TASKGRID_HEALTH_PORT"] = String(port) }
            return ChildProcess(
                name: name,
                executable: services.executable,
                arguments: [role.rawValue] + arguments + (services.arguments[role] ?? []),
                environment: .exactly(variables),
                log: folder.log(of: name),
                readiness: .file(ready),
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
        return [
            [try child(.monitor, named: "monitor", port: .monitor, arguments: monitorPort, stopWithin: .seconds(10))],
            [try child(.nameservice, named: "nameservice", port: .nameservice, stopWithin: .seconds(10))],
            [
                try child(
                    .dispatcher, named: "dispatcher", port: .dispatcher, arguments: ["--store", services.store ?? folder.store] + rights,
                    stopWithin: .seconds(20))
            ],
            workers,
        ]
    }
}
