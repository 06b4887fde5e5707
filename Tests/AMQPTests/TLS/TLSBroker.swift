import AMQP
import Foundation
import TaskGridConfiguration
import Testing

@testable import LocalGrid

/// A RabbitMQ with a listener for TLS, which demands certificates of its clients and takes them as logins by their common names.
struct TLSBroker: Sendable {
    /// The one that the suite's tests share.
    @TaskLocal static var current: TLSBroker?

    let certificates: Certificates
    /// Its listener without TLS, and its user with the password.
    let plain: Endpoint
    /// The port of its listener for TLS.
    let port: Int

    /// The RabbitMQ that the run is for; nil: the one that this machine has installed.
    private static let rabbitmq = ProcessInfo.processInfo.environment["TASKGRID_RABBITMQ"]

    static var canRun: Bool {
        (try? BrokerInstallation.find(in: rabbitmq)) != nil || ProcessInfo.processInfo.environment["CI"] != nil
    }

    static func shared() throws -> TLSBroker { try #require(current) }

    /// An endpoint of the listener for TLS, without a user and a password.
    func endpoint(_ settings: TLSSettings, host: String = "127.0.0.1", port: Int? = nil) throws -> Endpoint {
        try Endpoint(url: "amqps://\(host):\(port ?? self.port)", tls: settings)
    }

    /// Runs `body` beside a broker that is ready; ends it in any case.
    fileprivate static func run(_ body: (TLSBroker) async throws -> Void) async throws {
        let folder = GridFolder(FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString.prefix(8))").path)
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let lock = try folder.open()
        defer { withExtendedLifetime(lock) {} }
        let ports = try Ports(.free, for: PrivateBroker.uses(nodes: 1))
        let broker = try PrivateBroker(.find(in: rabbitmq), folder: folder, ports: ports)
        let certificates = try Certificates(in: "\(folder.path)/certificates")
        try await certificates.makeAuthority("ca")
        try await certificates.makeAuthority("stranger")
        try await certificates.make("server", name: "broker")
        try await certificates.make("expired", name: "broker", days: -1)
        try await certificates.make("client", name: BrokerDefinitions.user)
        try await certificates.make("nobody", name: "nobody")
        let port = try LoopbackPort.free(besides: [])
        try listen(on: port, BrokerFiles(folder: folder.broker), certificates, seen: folder.seenFromWithin)
        let tls = TLSBroker(certificates: certificates, plain: try Endpoint(url: broker.amqpURL), port: port)
        let (readiness, isReady) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isReady.finish() }
                try await Supervisor(stages: broker.stages) { _ in }.run { isReady.yield() }
            }
            for await _ in readiness {
                // Its listener for TLS opens after the other.
                while !LoopbackPort.listens(port) {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                try await body(tls)
                break
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private static func listen(on port: Int, _ files: BrokerFiles, _ certificates: Certificates, seen: GridFolder) throws {
        let folder = "\(seen.path)/certificates"
        let lines = """
            listeners.ssl.1 = 127.0.0.1:\(port)
            ssl_options.cacertfile = \(folder)/ca.pem
            ssl_options.certfile = \(folder)/server.pem
            ssl_options.keyfile = \(folder)/server.key
            ssl_options.verify = verify_peer
            ssl_options.fail_if_no_peer_cert = true
            ssl_cert_login_from = common_name
            auth_mechanisms.1 = PLAIN
            auth_mechanisms.2 = EXTERNAL

            """
        let configuration = try String(contentsOfFile: files.configuration, encoding: .utf8)
        try (configuration + lines).write(toFile: files.configuration, atomically: true, encoding: .utf8)
        try "[rabbitmq_management,rabbitmq_auth_mechanism_ssl].\n".write(toFile: files.plugins, atomically: true, encoding: .utf8)
    }
}

/// Starts a ``TLSBroker`` once for all tests of a suite.
struct SharedTLSBroker: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await TLSBroker.run { broker in
            try await TLSBroker.$current.withValue(broker) { try await function() }
        }
    }
}
