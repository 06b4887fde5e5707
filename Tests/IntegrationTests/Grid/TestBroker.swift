import AMQP
import Foundation
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
}
