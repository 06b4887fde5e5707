import AMQP
import Foundation
import LocalGrid
import TaskGridCore
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

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

    /// Bounds a queue as an operator does: by a policy, through the management's HTTP interface.
    static func bound(_ queue: String, to length: Int) async throws {
        let body =
            #"{"pattern": "^\#(queue)$", "apply-to": "queues", "priority": 10, "definition": {"max-length": \#(length), "overflow": "reject-publish"}}"#
        try await administrate("PUT", "api/policies/%2F/\(queue)", Data(body.utf8))
    }

    static func unbound(_ queue: String) async throws {
        try await administrate("DELETE", "api/policies/%2F/\(queue)", nil)
    }

    private static func administrate(_ method: String, _ path: String, _ body: Data?) async throws {
        let admin = try #require(ProcessInfo.processInfo.environment["TASKGRID_TEST_ADMIN"], "TASKGRID_TEST_ADMIN is not set")
        var address = try #require(URLComponents(string: admin))
        let login = Data("\(address.user ?? ""):\(address.password ?? "")".utf8).base64EncodedString()
        (address.user, address.password) = (nil, nil)
        let base = try #require(address.string)
        var request = URLRequest(url: try #require(URL(string: "\(base)/\(path)")))
        request.httpMethod = method
        request.httpBody = body
        request.setValue("Basic \(login)", forHTTPHeaderField: "authorization")
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        // What a session keeps alive would outlast the test.
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        let (_, response) = try await session.data(for: request)
        #expect((200..<300).contains((response as? HTTPURLResponse)?.statusCode ?? 0))
    }
}
