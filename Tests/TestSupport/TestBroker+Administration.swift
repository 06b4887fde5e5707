package import AMQP
package import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The broker's HTTP interface for its administrator.
extension TestBroker {
    /// Sends a request, and returns the body of its answer.
    ///
    /// - Throws: also where the answer is no success.
    @discardableResult
    package static func administrate(_ method: String, _ path: String, _ body: Data? = nil) async throws -> Data {
        guard let admin = ProcessInfo.processInfo.environment["TASKGRID_TEST_ADMIN"], var address = URLComponents(string: admin) else {
            throw Refusal(description: "TASKGRID_TEST_ADMIN is not set: run Tests/run.sh, which starts a broker")
        }
        let login = Data("\(address.user ?? ""):\(address.password ?? "")".utf8).base64EncodedString()
        (address.user, address.password) = (nil, nil)
        guard let base = address.string, let url = URL(string: "\(base)/\(path)") else { throw Refusal(description: "no URL: \(path)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body
        request.setValue("Basic \(login)", forHTTPHeaderField: "authorization")
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        // A queue that a session keeps alive would outlast the test.
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        let (data, response) = try await session.data(for: request)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard (200..<300).contains(status) else { throw Refusal(description: "\(method) \(path): \(status)") }
        return data
    }

    /// The status of an answer to a user's request, `GET`.
    package static func status(of path: String, as user: String, _ password: String) async throws -> Int {
        guard let admin = ProcessInfo.processInfo.environment["TASKGRID_TEST_ADMIN"], var address = URLComponents(string: admin) else {
            throw Refusal(description: "TASKGRID_TEST_ADMIN is not set: run Tests/run.sh, which starts a broker")
        }
        (address.user, address.password) = (nil, nil)
        guard let base = address.string, let url = URL(string: "\(base)/\(path)") else { throw Refusal(description: "no URL: \(path)") }
        var request = URLRequest(url: url)
        request.setValue("Basic \(Data("\(user):\(password)".utf8).base64EncodedString())", forHTTPHeaderField: "authorization")
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        return (try await session.data(for: request).1 as? HTTPURLResponse)?.statusCode ?? 0
    }

    /// Makes a user with permissions on a virtual host, which is made too where it is not there.
    ///
    /// - Parameters:
    ///   - name: the user.
    ///   - password: the user's password.
    ///   - virtualHost: the only virtual host that the user may use.
    ///   - configure: a pattern of what the user may declare and delete.
    ///   - write: a pattern of the exchanges that the user may publish to, and the queues that it may bind.
    ///   - read: a pattern of the queues that the user may consume, and the exchanges that it may bind them to.
    /// - Returns: the broker, for that user.
    package static func makeUser(
        _ name: String, password: String = "secret", on virtualHost: String = "/", configure: String, write: String, read: String
    ) async throws -> Endpoint {
        try await administrate("PUT", "api/users/\(escaped(name))", JSONEncoder().encode(["password": password, "tags": ""]))
        if virtualHost != "/" { try await administrate("PUT", "api/vhosts/\(escaped(virtualHost))") }
        try await administrate(
            "PUT", "api/permissions/\(escaped(virtualHost))/\(escaped(name))",
            JSONEncoder().encode(["configure": configure, "write": write, "read": read]))
        var endpoint = try endpoint()
        (endpoint.user, endpoint.password, endpoint.virtualHost) = (name, password, virtualHost)
        return endpoint
    }

    package static func removeUser(_ name: String) async throws { try await administrate("DELETE", "api/users/\(escaped(name))") }

    /// Deletes a virtual host with all that it holds.
    package static func remove(virtualHost: String) async throws { try await administrate("DELETE", "api/vhosts/\(escaped(virtualHost))") }

    /// A name as one component of a path.
    private static func escaped(_ name: String) -> String { name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name }

    /// The broker's names of the connections that are called so.
    package static func connections(named name: String) async throws -> [String] {
        struct Listed: Decodable {
            struct Properties: Decodable { var connectionName: String? }
            var name: String
            var clientProperties: Properties?
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = try await administrate("GET", "api/connections?columns=name,client_properties.connection_name")
        return try decoder.decode([Listed].self, from: data).filter { $0.clientProperties?.connectionName == name }.map(\.name)
    }

    /// Closes a connection, as an operator does; one that is gone already is closed.
    package static func close(connection: String) async throws {
        do {
            try await administrate("DELETE", "api/connections/\(escaped(connection))")
        } catch let refusal as Refusal where refusal.description.hasSuffix(": 404") {}
    }

    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }
}
