import AMQP
import Foundation
import Synchronization
package import TaskGridConfiguration

/// A whole grid on one machine: a private RabbitMQ and every service, each a process, supervised and stopped in order.
///
/// This module owns the data folder, the ports, the private broker and the child processes. The command `taskgrid up` (and
/// `taskgrid broker`, for a broker alone) calls it. It imports no service: it starts them as `taskgrid nameservice`,
/// `dispatcher`, `monitor` and `worker`, and knows them by their exit codes, their logs and the file each makes when it is
/// ready.
package final class LocalGrid: Sendable {
    /// An event of a grid, for the command to show.
    package enum Event: Sendable {
        case process(ProcessEvent)
        /// Everything is ready, and is reached like this.
        case running(GridFile)
    }

    package let configuration: GridConfiguration
    /// Its processes that run now: `database`, `epmd`, ``brokerProcesses``, `monitor`, `nameservice`, `dispatcher`, `dispatcher-2` and so
    /// on, and the workers, `worker-TYPE` or, where there are several, `worker-TYPE-1` and so on.
    package let processes = RunningProcesses()
    private let broker = Mutex<PrivateBroker?>(nil)
    private let ownDatabase = Mutex<PrivateDatabase?>(nil)

    package init(_ configuration: GridConfiguration) {
        self.configuration = configuration
    }

    /// Starts everything, runs until the task is cancelled, stops everything in order, and returns.
    ///
    /// Workers stop first, then the dispatcher, the nameservice, the monitor, the broker and last the database. Nothing is left running,
    /// whether it ends by cancellation or by an error. `grid.json` stands in the folder from when all are ready to the end.
    ///
    /// - Parameter onEvent: told of all that happens, from any task; it must return quickly.
    /// - Throws: `LocalGridError` when the folder, a port or the broker is not to be had, or a process does not become ready.
    package func run(onEvent: @escaping @Sendable (Event) -> Void) async throws(LocalGridError) {
        let folder = configuration.folder
        let lock = try folder.open()
        defer { withExtendedLifetime(lock) {} }
        GridFile.remove(from: folder)

        switch configuration.broker {
        case .url(let url, let tls):
            let ports = try Ports(configuration.ports, for: configuration.serviceUses, fixed: configuration.fixedPorts)
            let file = gridFile(amqp: url, tls: tls?.absolute, ports)
            try await runServices(of: file, after: [], ports: ports, onEvent: onEvent)
        case .privately(let nodes):
            // Before the ports are chosen: a killed grid's broker may still hold them.
            await PrivateBroker.endStrays(of: folder)
            let installation = try BrokerInstallation.find(in: configuration.rabbitmq)
            let uses = PrivateBroker.uses(nodes: nodes) + configuration.serviceUses
            let ports = try Ports(configuration.ports, for: uses, fixed: configuration.fixedPorts)
            if configuration.usesTLS { try folder.certificates.prepare(for: configuration.certificateNames) }
            let broker = try PrivateBroker(
                installation, folder: folder, nodes: nodes, ports: ports, maximumMessageSize: configuration.maximumMessageSize,
                usesTLS: configuration.usesTLS, services: configuration.services)
            self.broker.withLock { $0 = broker }
            let tls = configuration.usesTLS ? TLSSettings(ca: folder.certificates.ca) : nil
            let file = gridFile(amqp: broker.amqpURL, tls: tls, admins: broker.adminURLs, ports)
            let result: Result<Void, LocalGridError>
            do throws(LocalGridError) {
                result = .success(
                    try await runServices(of: file, users: broker.userURLs, after: broker.stages, ports: ports, onEvent: onEvent))
            } catch {
                result = .failure(error)
            }
            // Unstructured, because it has to be done in a cancelled task too, and takes its time there as well.
            await Task { await PrivateBroker.endStrays(of: folder) }.value
            try result.get()
        }
    }

    /// The private PostgreSQL that has the tasks, once the grid has prepared it; nil where there is none.
    package var database: PrivateDatabase? { ownDatabase.withLock { $0 } }

    /// Makes the files of the private PostgreSQL; nil where the tasks are not in one.
    private func prepareDatabase(_ ports: Ports) async throws(LocalGridError) -> PrivateDatabase? {
        guard configuration.usesDatabase else { return nil }
        let folder = configuration.folder
        let installation = try DatabaseInstallation.find()
        try DatabaseAccount.find().letThrough(folder.path)
        let database = try PrivateDatabase(in: folder.database, installation: installation, port: ports[.database])
        do throws(LocalGridError) {
            try await database.prepare()
        } catch {
            // Cancelled: nothing starts.
            guard Task.isCancelled else { throw error }
        }
        ownDatabase.withLock { $0 = database }
        return database
    }

    /// The names of the private broker's processes, a node each: `broker`, or `broker-1` and so on; none where the broker is another's.
    package var brokerProcesses: [String] {
        guard case .privately(let nodes) = configuration.broker else { return [] }
        return (1...nodes).map { Self.brokerProcess($0, of: nodes) }
    }

    /// The name of the process of a private broker's node, from 1.
    package static func brokerProcess(_ node: Int, of nodes: Int) -> String { BrokerNode.process(node, of: nodes) }

    /// Kills all nodes of the private broker, and takes all its data away before its next start: queues, messages, users, all but its
    /// settings, from which it makes its user anew.
    ///
    /// - Returns: false where no node runs now.
    package func wipeBroker() throws(LocalGridError) -> Bool {
        let nodes = broker.withLock { $0?.nodes ?? [] }
        for node in nodes {
            let mark = BrokerFiles(folder: configuration.folder.broker, node: node).wipe
            guard FileManager.default.createFile(atPath: mark, contents: nil) else {
                throw LocalGridError(.folder, "cannot make \(mark) (\(Errno.current))")
            }
        }
        return killBroker()
    }

    /// Kills all nodes of the private broker, which start again.
    ///
    /// - Returns: false where no node runs now.
    package func killBroker() -> Bool {
        brokerProcesses.map { processes.kill($0) }.contains(true)
    }

    /// Cuts a node of the private broker from the others for a while. It goes on running, and its clients reach it; RabbitMQ decides what it
    /// serves meanwhile.
    ///
    /// The node takes the wrong cookie for the others until the time is over, so that neither side can connect to the other.
    ///
    /// - Parameters:
    ///   - number: which node, from 1.
    ///   - time: how long.
    /// - Throws: `LocalGridError` where the node does not run.
    package func part(node number: Int, for time: Duration) async throws(LocalGridError) {
        guard let broker = broker.withLock({ $0 }), let node = broker.nodes.first(where: { $0.number == number }) else {
            throw LocalGridError(.startFailed, "the broker has no node \(number)")
        }
        let milliseconds = Int(time / .milliseconds(1))
        let cut = """
            spawn(fun() -> Others = nodes(), Cookie = erlang:get_cookie(), \
            [begin erlang:set_cookie(N, cut), erlang:disconnect_node(N) end || N <- Others], \
            timer:sleep(\(milliseconds)), [erlang:set_cookie(N, Cookie) || N <- Others] end).
            """
        let control = broker.control(node, ["eval", cut])
        let ending = await ChildRun(child: control).run { _ in }
        guard ending == .exited(code: 0) else {
            throw LocalGridError(.startFailed, "rabbitmqctl \(ending): \(LogFile.tail(control.log))")
        }
    }

    private func gridFile(amqp: String, tls: TLSSettings? = nil, admins: [String] = [], _ ports: Ports) -> GridFile {
        GridFile(
            amqp: amqp, tls: tls,
            monitor: ports.monitorURL(configuration.certificate == nil ? "http" : "https", host: configuration.services?.monitorHost),
            admin: admins.first, otherAdmins: admins.count > 1 ? Array(admins.dropFirst()) : nil, pid: getpid(),
            topology: configuration.services?.topology)
    }

    private func runServices(
        of file: GridFile, users: [String: String] = [:], after brokerStages: [[ChildProcess]], ports: Ports,
        onEvent: @escaping @Sendable (Event) -> Void
    ) async throws(LocalGridError) {
        let folder = configuration.folder
        defer { GridFile.remove(from: folder) }
        let database = try await prepareDatabase(ports)
        let store = try database.map { database throws(LocalGridError) in
            (database.url(host: "127.0.0.1:\(try configuration.databasePort(database.port))"), database.passwordFile)
        }
        let file = file.keeping(database.map { (text: $0.url, passwordFile: $0.passwordFile as String?) } ?? configuration.namedStore)
        let services = try configuration.serviceStages(
            ports: ports, amqp: file.amqp, tls: file.tls, store: store, certificate: configuration.certificate, userURLs: users)
        let stages = (database.map { [[$0.process]] } ?? []) + brokerStages + services
        var supervisor = Supervisor(stages: stages, processes: processes) { onEvent(.process($0)) }
        supervisor.backoff = configuration.restarts
        let result: Result<Void, LocalGridError>
        do throws(LocalGridError) {
            result = .success(
                try await supervisor.run { () throws(LocalGridError) in
                    try file.write(to: folder)
                    onEvent(.running(file))
                })
        } catch {
            result = .failure(error)
        }
        // Unstructured, because it has to be done in a cancelled task too.
        if let database { await Task { await database.kill() }.value }
        try result.get()
    }
}

extension GridFile {
    /// The same for a grid with a store, and the file of its password.
    fileprivate func keeping(_ store: (text: String, passwordFile: String?)?) -> GridFile {
        var file = self
        file.store = store?.text
        file.storePasswordFile = store?.passwordFile
        return file
    }
}

extension TLSSettings {
    /// The same, for programs that run in any folder.
    fileprivate var absolute: TLSSettings {
        func path(_ file: String?) -> String? { file.map { URL(fileURLWithPath: $0).path } }
        return TLSSettings(ca: path(ca), certificate: path(certificate), key: path(key), serverName: serverName)
    }
}

extension Ports {
    /// - Parameters:
    ///   - scheme: what the monitor speaks.
    ///   - host: the address that the monitor listens on; nil or that of all: the loopback reaches it.
    fileprivate func monitorURL(_ scheme: String, host: String?) -> String? {
        let host = host.flatMap { ["0.0.0.0", "::", ""].contains($0) ? nil : $0 } ?? "127.0.0.1"
        return self[.monitor].map { "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\($0)" }
    }
}
