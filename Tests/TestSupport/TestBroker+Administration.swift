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
        let name = connection.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? connection
        do {
            try await administrate("DELETE", "api/connections/\(name)")
        } catch let refusal as Refusal where refusal.description.hasSuffix(": 404") {}
    }

    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }
}
