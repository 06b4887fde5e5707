import AMQP
import Foundation
import LocalGrid
import TaskGridCore
import Testing

@testable import TaskGridCommand

/// The broker's answers are those of RabbitMQ 3.10 and 4.
@Suite("The import of users", .timeLimit(.minutes(1)))
struct DefinitionsImportTests {
    private let definitions = Data(#"{"users":[]}"#.utf8)

    private func interface(_ port: Int) throws -> ManagementInterface {
        try ManagementInterface(url: "http://admin:geheim@127.0.0.1:\(port)", endpoint: Endpoint())
    }

    /// The failure of an import that is answered so.
    private func failure(_ answer: String) async throws -> Failure {
        let (_, result) = try await OneRequest.answered(with: answer) { port in
            try await ManagementInterface.importing(definitions, into: [try interface(port)])
        }
        let failure = #expect(throws: Failure.self) { try result.get() }
        return try #require(failure)
    }

    @Test func `sends the definitions as JSON, with the login`() async throws {
        let (request, result) = try await OneRequest.answered(with: "HTTP/1.1 204 No Content\r\n\r\n") { port in
            let interface = try interface(port)
            #expect(try await ManagementInterface.importing(definitions, into: [interface]) == interface)
        }
        try result.get()
        #expect(request.hasPrefix("POST /api/definitions HTTP/1.0\r\n"))
        #expect(request.contains("\r\nAuthorization: Basic \(Data("admin:geheim".utf8).base64EncodedString())\r\n"))
        #expect(request.contains("\r\nContent-Type: application/json\r\n"))
        #expect(request.hasSuffix("\r\nContent-Length: \(definitions.count)\r\n\r\n\(String(decoding: definitions, as: UTF8.self))"))
    }

    @Test func `goes to another node where the first does not answer`() async throws {
        let silent = try interface(try await OneRequest.freePort())
        let (_, result) = try await OneRequest.answered(with: "HTTP/1.1 204 No Content\r\n\r\n") { port in
            let interface = try interface(port)
            #expect(try await ManagementInterface.importing(definitions, into: [silent, interface]) == interface)
        }
        try result.get()
    }

    @Test func `says that nobody answers, and how to name the interface`() async throws {
        let silent = try interface(try await OneRequest.freePort())
        let failure = try #require(
            await #expect(throws: Failure.self) { try await ManagementInterface.importing(definitions, into: [silent]) })
        #expect(failure.code == .unreachable)
        let message = try #require(failure.message)
        #expect(message.contains("does not answer (Connection refused)") && message.contains("TASKGRID_ADMIN"), "\(message)")
        #expect(!message.contains("geheim"))
    }

    @Test func `says that the login is refused, and whose it takes`() async throws {
        let failure = try await failure(
            "HTTP/1.1 401 Unauthorized\r\n\r\n" + #"{"error":"not_authorised","reason":"Not management user"}"#)
        let message = try #require(failure.message)
        #expect(failure.code == .failed)
        #expect(message.contains("refuses the login (Not management user): give an administrator's"), "\(message)")
        #expect(!message.contains("geheim"))
    }

    @Test func `says why RabbitMQ refuses the definitions`() async throws {
        let failure = try await failure(
            "HTTP/1.1 400 Bad Request\r\n\r\n" + #"{"error":"bad_request","reason":"Please create virtual host \"grid\" prior to import"}"#)
        let message = try #require(failure.message)
        #expect(message.hasSuffix(#" refuses the definitions: Please create virtual host "grid" prior to import"#), "\(message)")
    }

    @Test func `a URL from the environment is named by its variable where it cannot be read`() throws {
        let failure = #expect(throws: Failure.self) {
            try ManagementInterface(url: "ftp://admin:geheim@host", named: "TASKGRID_ADMIN", endpoint: Endpoint())
        }
        #expect(failure?.message?.hasPrefix("TASKGRID_ADMIN ") == true)
    }
}
