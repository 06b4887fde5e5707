import Foundation
import TestSupport
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What only the broker's administrator can do to it.
extension TestBroker {
    /// Bounds a queue as an operator does: by a policy, through the management's HTTP interface.
    static func bound(_ queue: String, to length: Int) async throws {
        let body =
            #"{"pattern": "^\#(queue)$", "apply-to": "queues", "priority": 10, "definition": {"max-length": \#(length), "overflow": "reject-publish"}}"#
        try await administrate("PUT", "api/policies/%2F/\(queue)", Data(body.utf8))
    }

    static func unbound(_ queue: String) async throws {
        try await administrate("DELETE", "api/policies/%2F/\(queue)", nil)
    }

    /// Makes a user who may declare and read, and not write to the exchange.
    static func makeReader(_ name: String, password: String, of exchange: String) async throws {
        try await administrate("PUT", "api/users/\(name)", Data(#"{"password": "\#(password)", "tags": ""}"#.utf8))
        let permissions = #"{"configure": ".*", "write": "^(?!\#(exchange)$).*$", "read": ".*"}"#
        try await administrate("PUT", "api/permissions/%2F/\(name)", Data(permissions.utf8))
    }

    static func removeUser(_ name: String) async throws {
        try await administrate("DELETE", "api/users/\(name)", nil)
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
