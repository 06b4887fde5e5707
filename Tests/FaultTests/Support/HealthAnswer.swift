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

    /// Asks until the answer is as wanted; a process that does not answer yet is asked again.
    static func first(port: Int, _ isAsWanted: (HealthAnswer) -> Bool) async throws -> HealthAnswer {
        while true {
            if let answer = try? await HealthAnswer(port: port), isAsWanted(answer) { return answer }
            // A process tells nobody that its health has changed. The test's deadline bounds the loop.
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
