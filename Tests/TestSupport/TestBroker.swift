package import AMQP
import Foundation
package import LocalGrid

/// The broker that the test run has started, named by `TASKGRID_TEST_BROKER`.
///
/// This module holds what the tests of several modules need, once: the broker, its deliveries and logs to wait for, random
/// numbers that a seed gives again. Test targets alone depend on it.
package enum TestBroker {
    package static let url = ProcessInfo.processInfo.environment["TASKGRID_TEST_BROKER"]

    /// Tests that need a broker run where there is one. Without one they are skipped on a laptop, and fail in CI.
    package static var isThereOrRequired: Bool {
        url != nil || ProcessInfo.processInfo.environment["CI"] != nil
    }

    /// - Throws: `Missing` where the run has started none.
    package static func requiredURL() throws -> String {
        guard let url else { throw Missing() }
        return url
    }

    package static func endpoint() throws -> Endpoint { try Endpoint(url: requiredURL()) }

    /// The user by whom tests connect. Ids of workers and clients on the broker begin with it.
    package static var user: String { (try? endpoint())?.user ?? "guest" }

    /// A network of the test's own before the broker, and the broker's address there.
    package static func behindProxy() throws -> (Proxy, Endpoint) {
        var endpoint = try endpoint()
        let proxy = try Proxy(to: endpoint.addresses[0].host, port: endpoint.addresses[0].port)
        endpoint.addresses = [.init(host: "127.0.0.1", port: proxy.port)]
        return (proxy, endpoint)
    }

    /// Runs `body` with a connection of its own, and closes it.
    package static func withConnection<Value>(_ body: (Connection) async throws -> Value) async throws -> Value {
        let connection = Connection(try endpoint(), name: "test", logger: .silent)
        try await connection.start(patience: .seconds(10))
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    struct Missing: Error, CustomStringConvertible {
        let description = "TASKGRID_TEST_BROKER is not set: run Tests/run.sh, which starts a broker"
    }
}
