import Foundation
import Synchronization
import TaskGridConfiguration
import Testing

@testable import LocalGrid

/// A RabbitMQ of one test's own, to be stopped, killed, wiped and alarmed.
final class FaultBroker: Sendable {
    let url: String
    let port: Int
    private let folder: GridFolder
    private let broker: PrivateBroker
    private let server: ChildProcess
    private let launches: AsyncStream<Service>.Continuation
    private let starts = Mutex<[Service]>([])

    /// The RabbitMQ that the run is for; nil: the one that this machine has installed.
    private static let rabbitmq = ProcessInfo.processInfo.environment["TASKGRID_RABBITMQ"]

    private init(_ broker: PrivateBroker, folder: GridFolder, port: Int, _ launches: AsyncStream<Service>.Continuation) {
        self.broker = broker
        url = broker.amqpURL
        server = broker.stages[1][0]
        self.port = port
        self.folder = folder
        self.launches = launches
    }

    /// Runs `body` beside a broker that is ready; ends it in any case.
    ///
    /// - Parameter advanced: Erlang terms of RabbitMQ's own application, such as `{consumer_timeout, 3000}`.
    static func run(
        advanced: String = "", _ body: @escaping @Sendable (FaultBroker, Service) async throws -> Void
    ) async throws {
        let folder = GridFolder(FileManager.default.temporaryDirectory.appending(path: "broker-\(UUID().uuidString.prefix(8))").path)
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let lock = try folder.open()
        defer { withExtendedLifetime(lock) {} }
        let ports = try Ports(.free, for: PrivateBroker.uses(nodes: 1))
        let broker = try PrivateBroker(.find(in: Self.rabbitmq), folder: folder, ports: ports)
        try "[{rabbit, [\(advanced)]}].\n".write(
            toFile: BrokerFiles(folder: folder.broker).advanced, atomically: true, encoding: .utf8
        )
        let (stream, launches) = AsyncStream.makeStream(of: Service.self)
        let fault = FaultBroker(broker, folder: folder, port: try #require(ports[.amqp(node: 1)]), launches)
        let mapper = broker.stages[0][0]
        do {
            // Each says whether the test is done with it.
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await Service.run(stream)
                    return false
                }
                group.addTask {
                    let epmd = Service(first: mapper, later: mapper, pidFile: "/dev/null", restarts: false)
                    launches.yield(epmd)
                    try await epmd.ready()
                    let server = fault.start()
                    try await server.ready()
                    try await body(fault, server)
                    return true
                }
                defer {
                    // Nothing of it is needed any more, so that it need not be stopped in order.
                    for service in fault.starts.withLock({ $0 }) { service.abandon() }
                    group.cancelAll()
                }
                for try await isDone in group where isDone { break }
            }
        } catch {
            Attachment.recordLogs(in: folder.logs, named: "broker.txt")
            await fault.end()
            throw error
        }
        await fault.end()
    }

    /// Starts the server; it is started again when it is killed, unless that is told not to.
    func start() -> Service {
        let service = Service(first: server, later: server, pidFile: BrokerFiles(folder: folder.broker).pid, restarts: true)
        starts.withLock { $0.append(service) }
        launches.yield(service)
        return service
    }

    /// Deletes everything that a stopped server has kept.
    func wipe() throws {
        try FileManager.default.removeItem(atPath: BrokerFiles(folder: folder.broker).data)
        try FileManager.default.createDirectory(
            atPath: BrokerFiles(folder: folder.broker).data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
    }

    /// Deletes what a stopped server has kept of where the logs of its quorum queues are.
    func forgetLogs() throws {
        let nodes = URL(filePath: BrokerFiles(folder: folder.broker).data).appending(path: "taskgrid@localhost/quorum/taskgrid@localhost")
        try FileManager.default.removeItem(at: nodes.appending(path: "names.dets"))
    }

    /// Runs `rabbitmqctl` on it.
    func control(_ arguments: String...) async throws {
        let child = broker.control(broker.nodes[0], arguments)
        let ending = await ChildRun(child: child).run { _ in }
        #expect(ending == .exited(code: 0), "rabbitmqctl: \(LogFile.tail(child.log))")
    }

    private func end() async {
        // Unstructured, because it has to be done in a cancelled task too.
        await Task { await PrivateBroker.endStrays(of: folder) }.value
    }
}
