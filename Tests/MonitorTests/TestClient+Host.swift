import Hummingbird
import HummingbirdTesting

extension TestClient {
    /// Asks with a `Host`, as every client of HTTP/1.1 has to.
    func ask(_ uri: String, method: HTTPRequest.Method = .get, body: ByteBuffer? = nil) async throws -> TestClient.Response {
        try await execute(TestClient.Request(uri, method: method, authority: "127.0.0.1", body: body))
    }
}
