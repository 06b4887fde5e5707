import Foundation
package import TaskGridConfiguration

/// A whole grid on one machine: a private RabbitMQ and every service, each a process, supervised and stopped in order.
///
/// This module owns the data folder, the ports, the private broker and the child processes. The command `taskgrid up` (and
/// `taskgrid broker`, for a broker alone) calls it. It imports no service: it starts them as `taskgrid nameservice`,
/// `dispatcher`, `monitor` and `worker`, and knows them by their exit codes, their logs and the file each makes when it is
/// ready.
package struct LocalGrid: Sendable {
    /// An event of a grid, for the command to show.
    package enum Event: Sendable {
        case process(ProcessEvent)
        /// Everything is ready, and is reached like this.
        case running(GridFile)
    }

    package let configuration: GridConfiguration
    /// Its processes that run now: `epmd`, `broker`, `monitor`, `nameservice`, `dispatcher` and the workers, `worker-TYPE` or,
    /// where there are several, `worker-TYPE-1` and so on.
    package let processes = RunningProcesses()

    package init(_ configuration: GridConfiguration) {
        self.configuration = configuration
    }

    /// Starts everything, runs until the task is cancelled, stops everything in order, and returns.
    ///
    /// Workers stop first, then the dispatcher, the nameservice, the monitor and last the broker. Nothing is left running,
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
        case .url(let url):
            let ports = try Ports(configuration.ports, for: configuration.serviceUses, fixed: configuration.fixedPorts)
            let file = gridFile(amqp: url, admin: nil, ports)
            try await runServices(of: file, after: [], ports: ports, onEvent: onEvent)
        case .privately:
            // Before the ports are chosen: a killed grid's broker may still hold them.
            await PrivateBroker.endStrays(of: folder)
            let ports = try Ports(configuration.ports, for: PrivateBroker.uses + configuration.serviceUses, fixed: configuration.fixedPorts)
            let broker = try PrivateBroker(folder: folder, ports: ports, maximumMessageSize: configuration.maximumMessageSize)
            let file = gridFile(amqp: broker.amqpURL, admin: broker.adminURL, ports)
            let result: Result<Void, LocalGridError>
            do throws(LocalGridError) {
                result = .success(try await runServices(of: file, after: broker.stages, ports: ports, onEvent: onEvent))
            } catch {
                result = .failure(error)
            }
            // Unstructured, because it has to be done in a cancelled task too, and takes its time there as well.
            await Task { await PrivateBroker.endStrays(of: folder) }.value
            try result.get()
        }
    }

    /// Kills the private broker, and takes all its data away before its next start: queues, messages, users, all but its
    /// settings, from which it makes its user anew.
    ///
    /// - Returns: false where it does not run now.
    package func wipeBroker() throws(LocalGridError) -> Bool {
        try PrivateBroker.wipeBeforeStart(of: configuration.folder)
        return processes.kill("broker")
    }

    private func gridFile(amqp: String, admin: String?, _ ports: Ports) -> GridFile {
        GridFile(
            amqp: amqp, monitor: ports.monitorURL(host: configuration.services?.monitorHost), admin: admin, pid: getpid(),
            topology: configuration.services?.topology)
    }

    private func runServices(
        of file: GridFile, after brokerStages: [[ChildProcess]], ports: Ports, onEvent: @escaping @Sendable (Event) -> Void
    ) async throws(LocalGridError) {
        let folder = configuration.folder
        defer { GridFile.remove(from: folder) }
        let stages = try brokerStages + configuration.serviceStages(ports: ports, amqp: file.amqp)
        var supervisor = Supervisor(stages: stages, processes: processes) { onEvent(.process($0)) }
        supervisor.backoff = configuration.restarts
        try await supervisor.run { () throws(LocalGridError) in
            try file.write(to: folder)
            onEvent(.running(file))
        }
    }
}

extension Ports {
    /// - Parameter host: the address that the monitor listens on; nil or that of all: the loopback reaches it.
    fileprivate func monitorURL(host: String?) -> String? {
        let host = host.flatMap { ["0.0.0.0", "::", ""].contains($0) ? nil : $0 } ?? "127.0.0.1"
        return self[.monitor].map { "http://\(host.contains(":") ? "[\(host)]" : host):\($0)" }
    }
}
