import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import ServiceLifecycle
import ServiceSupport
import TaskGridCore
import TestSupport
import Testing
import WebSupport

@Suite(.timeLimit(.minutes(1))) struct HealthEndpointTests {
    private let vitals = Vitals()

    /// Runs an endpoint and gives the port that it listens on, then ends it.
    private func run(
        _ configuration: HealthEndpoint.Configuration = HealthEndpoint.Configuration(), standardPort: Int = 0,
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let health = HealthEndpoint(
            service: "dispatcher", id: "7", vitals: vitals, configuration: configuration, standardPort: standardPort, logger: .silent
        ) { port.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { port.finish() }
                try await health.run()
            }
            if let port = await ports.first(where: { _ in true }) { try await body(port) }
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }

    @Test func `the health endpoint says which service it is and why it is unhealthy`() async throws {
        try await run { [vitals] port in
            try await TestClient.withClient(host: "127.0.0.1", port: port) { (client: TestClient) async throws -> Void in
                let before = try await client.health()
                #expect(before.service == "dispatcher")
                #expect(before.id == "7")
                #expect(before.reasons == ["it is starting, and does not serve yet"])
                vitals.enter(.serving)
                #expect(try await client.health().healthy)
                let response = try await client.ask("/healthz?pretty")
                #expect(response.headers[.contentType] == "application/json")
                #expect(String(buffer: try #require(response.body)).contains("\n  \"healthy\" : true"))
                #expect(try await client.ask("/healthz", method: .head).body?.readableBytes ?? 0 == 0)
            }
        }
    }

    @Test(arguments: [("/", 404), ("/stats", 404), ("/healthz?x", 400), ("/healthz/", 200)])
    func `an unknown path or method is answered with a problem document`(uri: String, status: Int) async throws {
        vitals.enter(.serving)
        try await run { port in
            try await TestClient.withClient(host: "127.0.0.1", port: port) { (client: TestClient) async throws -> Void in
                let response = try await client.ask(uri)
                #expect(response.status.code == status)
                if status != 200 { #expect(response.headers[.contentType] == "application/problem+json") }
                let post = try await client.ask("/healthz", method: .post, body: ByteBuffer())
                #expect(post.status == .methodNotAllowed)
                #expect(post.headers[.allow] == "GET, HEAD")
            }
        }
    }

    @Test func `a free port is taken if the standard one is in use`() async throws {
        try await run { port in
            try await run(standardPort: port) { other in
                #expect(other != port)
            }
        }
    }

    @Test func `a configured port that is in use is an error`() async throws {
        try await run { port in
            let error = await #expect(throws: WebServerError.self) {
                try await run(HealthEndpoint.Configuration(port: port)) { _ in }
            }
            #expect(error?.code == .cannotListen)
            #expect(error?.message.hasPrefix("the health endpoint of the dispatcher cannot listen on 127.0.0.1:\(port) (") == true)
            #expect(error?.message.hasSuffix("): stop what uses the port, or choose another port or host") == true)
        }
    }

    /// They are set up while nobody is left to handle them; NIO ends the process where one is then dropped without being closed.
    @Test(arguments: [false, true]) func `connections that come while the endpoint ends are closed`(isGraceful: Bool) async throws {
        for _ in 0..<40 {
            let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
            let health = HealthEndpoint(service: "dispatcher", id: "7", vitals: vitals, standardPort: 0, logger: .silent) { port.yield($0) }
            let group = ServiceGroup(services: [health], logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let port = try #require(await ports.first { _ in true })
                let connections = (0..<64).map { _ in IPv4.connect(to: port) }
                if isGraceful { await group.triggerGracefulShutdown() } else { tasks.cancelAll() }
                // All are closed before the group ends, those that the server never took by the system.
                while await tasks.nextResult() != nil {}
                for connection in connections { close(connection) }
            }
        }
    }

    @Test(arguments: [false, true]) func `an end that was asked for is no error in the log`(isGraceful: Bool) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let lines = Journal<LogLine>()
        let health = HealthEndpoint(service: "dispatcher", id: "7", vitals: vitals, standardPort: 0, logger: Logger(into: lines)) {
            port.yield($0)
        }
        let group = ServiceGroup(services: [health], logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            _ = try #require(await ports.first { _ in true })
            if isGraceful { await group.triggerGracefulShutdown() } else { tasks.cancelAll() }
            while await tasks.nextResult() != nil {}
        }
        #expect(lines.entries.filter { $0.level >= .warning }.map(\.message) == [])
    }

    /// A page whose name leads here (DNS rebinding) learns nothing.
    @Test func `the endpoint is asked by an address, localhost or a configured name alone`() async throws {
        try await run(HealthEndpoint.Configuration(hosts: ["dispatcher"])) { port in
            try await TestClient.withClient(host: "127.0.0.1", port: port) { (client: TestClient) async throws -> Void in
                for (host, status) in [("evil.example", 421), ("dispatcher:80", 503), ("localhost", 503), ("10.0.0.7", 503)] {
                    let response = try await client.execute(.init("/healthz", method: .get, authority: host, headers: [:]))
                    #expect(response.status.code == status, "\(host)")
                    if status == 421 { #expect(String(buffer: try #require(response.body)).contains("health-hosts")) }
                }
            }
        }
    }

    @Test func `port 0 means no health endpoint`() async throws {
        try await run(HealthEndpoint.Configuration(port: 0), standardPort: 1) { _ in
            Issue.record("it listens")
        }
    }
}
