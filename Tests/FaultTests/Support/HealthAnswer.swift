import Foundation
import FoundationNetworking

/// The answer of a process's `/healthz`.
struct HealthAnswer: Sendable {
    let status: Int
    let body: String

    /// Asks for it.
    ///
    /// - Parameter port: where the process serves it.
    init(port: Int) async throws {
        guard let url = URL(string: "http://127.0.0.1:\(port)/healthz") else { throw URLError(.badURL) }
        // One session for each question: what a session keeps alive would outlast the test.
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        let (body, response) = try await session.data(from: url)
        status = (response as? HTTPURLResponse)?.statusCode ?? 0
        self.body = String(decoding: body, as: UTF8.self)
    }
}
