import AMQP
import Foundation
import LocalGrid
import Testing

/// The broker that the test run has started, named by `TASKGRID_TEST_BROKER`.
enum TestBroker {
    static let url = ProcessInfo.processInfo.environment["TASKGRID_TEST_BROKER"]

    /// Tests that need a broker run where there is one. Without one they are skipped on a laptop, and fail in CI.
    static var isThereOrRequired: Bool {
        url != nil || ProcessInfo.processInfo.environment["CI"] != nil
    }

    static func endpoint() throws -> Endpoint {
        try Endpoint(url: try #require(url, "TASKGRID_TEST_BROKER is not set: run Tests/run.sh, which starts a broker"))
    }

    /// A network of the test's own before the broker, and the broker's address there.
    static func behindProxy() throws -> (Proxy, Endpoint) {
        var endpoint = try endpoint()
        let proxy = try Proxy(to: endpoint.host, port: endpoint.port)
        (endpoint.host, endpoint.port) = ("127.0.0.1", proxy.port)
        return (proxy, endpoint)
    }
}
