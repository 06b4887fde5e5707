import AMQP
import Foundation
import Logging
import TaskGridConfiguration
import Testing

@testable import LocalGrid

/// The RabbitMQ that the run is for; nil: the one that this machine has installed.
private let rabbitmq = ProcessInfo.processInfo.environment["TASKGRID_RABBITMQ"]
private let canRun = (try? BrokerInstallation.find(in: rabbitmq)) != nil || ProcessInfo.processInfo.environment["CI"] != nil

/// Starts the machine's RabbitMQ for real. Without one these are skipped, and fail where `CI` is set.
@Suite(.serialized, .enabled(if: canRun, "no RabbitMQ on this machine"), .timeLimit(.minutes(8)))
struct PrivateBrokerTests {
    private func configuration(_ folder: GridFolder, nodes: Int = 1, usesTLS: Bool = false) -> GridConfiguration {
        var configuration = GridConfiguration(folder: folder, broker: .privately(nodes: nodes), ports: .free, services: nil)
        configuration.rabbitmq = rabbitmq
        configuration.usesTLS = usesTLS
        return configuration
    }

    private func strays(_ folder: GridFolder) -> [pid_t] {
        Strays.processes(PrivateBroker.mark, folder.broker)
    }

    /// Runs a broker until `body` returns, then stops it.
    private func withBroker(
        _ folder: GridFolder, nodes: Int = 1, usesTLS: Bool = false, _ body: (GridFile) async throws -> Void
    ) async throws {
        let (files, running) = AsyncStream.makeStream(of: GridFile.self, bufferingPolicy: .bufferingOldest(1))
        let grid = LocalGrid(configuration(folder, nodes: nodes, usesTLS: usesTLS))
        try await withThrowingTaskGroup { group in
            group.addTask {
                defer { running.finish() }
                try await grid.run { if case .running(let file) = $0 { running.yield(file) } }
            }
            for await file in files {
                try await body(file)
                break
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test func `a private broker starts with its own user and leaves nothing running`() async throws {
        try await withTemporaryFolder { folder in
            var first: GridFile?
            try await withBroker(folder) { file in
                first = file
                #expect(try GridFile.read(from: folder) == file)
                let port = try #require(URL(string: file.amqp)?.port)
                while await !AMQPProbe.answers(port) { try Task.checkCancellation() }
                let user = try await get("\(#require(file.admin))/api/whoami")
                #expect(user.contains(#""name":"taskgrid""#))
                #expect(user.contains("administrator"))
                let error = await #expect(throws: LocalGridError.self) { try await LocalGrid(configuration(folder)).run { _ in } }
                #expect(error?.code == .folderInUse)
                #expect(strays(folder).count >= 2, "a server and its port mapper carry the mark by which they are found")
            }
            #expect(strays(folder) == [])
            #expect(!FileManager.default.fileExists(atPath: folder.gridFile))

            // The same data again, with the same password, on other ports; and a killed server is started anew.
            let (anew, readied) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(8))
            let (files, running) = AsyncStream.makeStream(of: GridFile.self, bufferingPolicy: .bufferingOldest(1))
            let grid = LocalGrid(configuration(folder))
            try await withThrowingTaskGroup { group in
                group.addTask {
                    defer {
                        running.finish()
                        readied.finish()
                    }
                    try await grid.run { event in
                        switch event {
                        case .running(let file): running.yield(file)
                        case .process(let event) where event.process == "broker" && event.isReady: readied.yield()
                        case .process: break
                        }
                    }
                }
                var iterator = anew.makeAsyncIterator()
                for await file in files {
                    #expect(try #require(URL(string: file.amqp)?.password) == URL(string: try #require(first).amqp)?.password)
                    #expect(await iterator.next() != nil)
                    let pid = try String(contentsOfFile: BrokerFiles(folder: folder.broker).pid, encoding: .utf8)
                    let server = try #require(pid_t(pid.trimmingCharacters(in: .whitespacesAndNewlines)))
                    #expect(grid.processes["broker"] == server)
                    let data = "\(BrokerFiles(folder: folder.broker).data)/of-this-run"
                    #expect(FileManager.default.createFile(atPath: data, contents: nil))
                    #expect(kill(server, SIGKILL) == 0)
                    #expect(await iterator.next() != nil, "it is ready a second time")
                    #expect(FileManager.default.fileExists(atPath: data))
                    // A third time, without its data, and its user is there.
                    #expect(try grid.wipeBroker())
                    #expect(await iterator.next() != nil)
                    #expect(!FileManager.default.fileExists(atPath: data))
                    #expect(try await get("\(#require(file.admin))/api/whoami").contains(#""name":"taskgrid""#))
                    break
                }
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(strays(folder) == [])
        }
    }

    @Test(arguments: ["łódź a#b o'x a\"b", "a\nb %41 $HOME`id`\\;*", String(repeating: "long-", count: 40)])
    func `a broker starts in a folder of any name, and finds its data there again`(name: String) async throws {
        try await withTemporaryFolder { parent in
            let folder = GridFolder("\(parent.path)/\(name)")
            #expect(folder.path == "\(parent.path)/\(name)")
            for _ in 0..<2 {
                try await withBroker(folder) { file in
                    let user = try await get("\(#require(file.admin))/api/whoami")
                    #expect(user.contains(#""name":"taskgrid""#))
                    #expect(strays(folder).count >= 2)
                    #expect(FileManager.default.fileExists(atPath: "\(BrokerFiles(folder: folder.broker).data)/taskgrid@localhost"))
                    #expect(FileManager.default.fileExists(atPath: "\(folder.logs)/broker.log"))
                }
                #expect(strays(folder) == [])
            }
        }
    }

    @Test func `three nodes are one broker, which is there again after a stop`() async throws {
        try await withTemporaryFolder { folder in
            for _ in 0..<2 {
                try await withBroker(folder, nodes: 3) { file in
                    #expect(try Endpoint(url: file.amqp).addresses.count == 3)
                    var nodes: [Node] = []
                    // A node tells its settings some seconds after its start.
                    repeat {
                        let answer = try await get("\(#require(file.admin))/api/nodes?columns=name,running,net_ticktime")
                        nodes = try JSONDecoder().decode([Node].self, from: Data(answer.utf8))
                    } while nodes.contains { $0.tickTime == nil }
                    #expect(Set(nodes.map(\.name)) == ["taskgrid-1@localhost", "taskgrid-2@localhost", "taskgrid-3@localhost"])
                    #expect(nodes.filter(\.running).count == 3)
                    #expect(nodes.map(\.tickTime) == [20, 20, 20])
                    #expect(file.otherAdmins?.count == 2)
                    for admin in file.otherAdmins ?? [] {
                        #expect(try await get("\(admin)/api/whoami").contains(#""name":"taskgrid""#))
                    }
                }
                #expect(strays(folder) == [])
            }
        }
    }

    @Test func `a broker that uses TLS speaks nothing else`() async throws {
        let nodes = 3
        try await withTemporaryFolder { folder in
            try await withBroker(folder, nodes: nodes, usesTLS: true) { file in
                let endpoint = try Endpoint(url: file.amqp, tls: try #require(file.tls))
                #expect(endpoint.addresses.count == nodes && file.tls?.ca == folder.certificates.ca)
                for address in endpoint.addresses {
                    var endpoint = endpoint
                    endpoint.addresses = [address]
                    try await connect(endpoint)
                    #expect(await !AMQPProbe.answers(address.port))
                }
                let admin = try #require(file.admin)
                #expect(try await get("\(admin)/api/whoami", ca: folder.certificates.ca).contains(#""name":"taskgrid""#))
                #expect(try await get(admin.replacing("https://", with: "http://")) == "")
                let listeners = try await get("\(admin)/api/overview?columns=listeners", ca: folder.certificates.ca)
                #expect(!listeners.contains(#""protocol":"amqp""#) && !listeners.contains(#""protocol":"http""#), "\(listeners)")
            }
        }
    }

    private func connect(_ endpoint: Endpoint) async throws {
        let connection = Connection(endpoint, name: "test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await connection.start(patience: .seconds(60))
        await connection.close()
    }

    /// What the management interface says of a node.
    private struct Node: Decodable {
        let name: String
        let running: Bool
        let tickTime: Int?

        private enum CodingKeys: String, CodingKey {
            case name, running
            case tickTime = "net_ticktime"
        }
    }

    @Test func `a stop during the start leaves nothing running`() async throws {
        try await withTemporaryFolder { folder in
            let (started, starting) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
            let grid = LocalGrid(configuration(folder))
            try await withThrowingTaskGroup { group in
                group.addTask {
                    defer { starting.finish() }
                    try await grid.run { event in
                        if case .process(ProcessEvent(process: "broker", what: .starting)) = event { starting.yield() }
                    }
                }
                for await _ in started { break }
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(strays(folder) == [])
        }
    }

    @Test func `the broker of a killed grid is stopped at the next start`() async throws {
        try await withTemporaryFolder { folder in
            // Stands for what a killed grid left: a process with the mark.
            _ = try folder.open()
            let stray = ChildProcess(
                name: "stray",
                executable: "/bin/sleep",
                arguments: ["1000"],
                environment: .exactly([PrivateBroker.mark: folder.broker]),
                log: folder.log(of: "stray")
            )
            let (started, starting) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
            async let ending = ChildRun(child: stray).run { _ in starting.finish() }
            for await _ in started {}
            try await withBroker(folder) { _ in }
            // A process that is just being made may miss the first signal, and is then killed.
            #expect([.signalled(SIGTERM), .signalled(SIGKILL)].contains(await ending))
            #expect(strays(folder) == [])
        }
    }

    /// Blocking, for a test: the body of an answer.
    private func get(_ url: String, ca: String? = nil) async throws -> String {
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        curl.arguments = ["-sS", "--max-time", "60", url] + (ca.map { ["--cacert", $0] } ?? [])
        let output = Pipe()
        curl.standardOutput = output
        try curl.run()
        let data = try output.fileHandleForReading.readToEnd()
        curl.waitUntilExit()
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}
