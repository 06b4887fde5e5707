import AMQP
import Foundation
import Logging
import TestSupport
import Testing

@Suite("A password that is changed while a connection lives", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct ChangedPasswordTests {
    private let name = "test-\(UUID().uuidString.lowercased())"
    private let log = Journal<LogLine>()

    /// The file of a password, how often it was read, and the network of the user's connection.
    private func withUser(_ body: (String, Journal<Void>, WatchedProxy) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: name).path
        try write("first", to: file)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let reads = Journal<Void>()
        var endpoint = try await makeUser("first")
        endpoint.passwordSource = PasswordSource(file) { () throws(AMQPError) in
            reads.add(())
            guard let password = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw AMQPError(.accessRefused, "\(file) cannot be read")
            }
            return password
        }
        let proxy = try WatchedProxy(to: endpoint)
        try await body(file, reads, proxy)
        proxy.close()
        try await TestBroker.removeUser(name)
    }

    private func makeUser(_ password: String) async throws -> Endpoint {
        try await TestBroker.makeUser(name, password: password, configure: "^$", write: "^$", read: "^$")
    }

    private func write(_ text: String, to file: String) throws { try Data(text.utf8).write(to: URL(filePath: file)) }

    private func connection(_ proxy: WatchedProxy) -> Connection {
        Connection(
            proxy.endpoint, name: "test password", backoff: Backoff(base: .milliseconds(5), ceiling: .milliseconds(50)),
            logger: Logger(into: log))
    }

    @Test func `the connection is back with the new one, without a restart`() async throws {
        try await withUser { file, _, proxy in
            let connection = connection(proxy)
            let reconnections = try await Reconnections(starting: connection)
            _ = try await makeUser("second")
            proxy.cut()
            // The broker has the new one, the file not yet.
            #expect(await log.saw { "\($0.metadata["error"] ?? "")".contains("and the password in \(file)") })
            try write("second", to: file)
            #expect(await reconnections.next() == 2)
            await connection.close()
        }
    }

    @Test func `a file that cannot be read is told once, and tried again`() async throws {
        try await withUser { file, reads, proxy in
            let connection = connection(proxy)
            let reconnections = try await Reconnections(starting: connection)
            try FileManager.default.removeItem(atPath: file)
            proxy.cut()
            #expect(await reads.saw(5) { true })
            try write("first", to: file)
            #expect(await reconnections.next() == 2)
            let failures = log.entries.filter { "\($0.metadata["error"] ?? "")".contains("\(file) cannot be read") }
            #expect(failures.count >= 3)
            #expect(failures.map(\.level) == [.warning] + Array(repeating: .debug, count: failures.count - 1))
            await connection.close()
        }
    }

    @Test func `a start fails at once where the file cannot be read`() async throws {
        try await withUser { file, _, proxy in
            try FileManager.default.removeItem(atPath: file)
            let error = await #expect(throws: AMQPError.self) { try await connection(proxy).start() }
            #expect(error?.message == "\(file) cannot be read")
        }
    }
}
