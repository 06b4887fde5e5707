import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import AMQP

@Suite("A connection that is to be made only while its owner says so", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct AdmissionTests {
    /// The reason why it may not be made.
    private final class Gate: Sendable {
        private let state = Mutex<String?>("not yet")

        var refusal: String? {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    @Test func `it stands by until it may be made, goes on while it is, and stands by again once it was lost`() async throws {
        let gate = Gate()
        let connection = Connection(try TestBroker.endpoint(), name: "test admission", logger: .silent)
        connection.admit { gate.refusal }
        let reconnections = connection.reconnections()
        async let started: Void = connection.start()
        while connection.reading.state != .locked { await Task.yield() }
        #expect(connection.reading.detail == "not yet")
        gate.refusal = nil
        connection.askAgain()
        try await started
        #expect(connection.isConnected)

        gate.refusal = "no longer"
        await connection.reconnect(because: "the test says so")
        while connection.reading.state != .locked { await Task.yield() }
        #expect(connection.reading.detail == "no longer")
        gate.refusal = nil
        connection.askAgain()
        _ = await reconnections.first { $0 == 2 }
        #expect(connection.isConnected)
        await connection.close()
    }

    @Test func `the log says that a connection is made anew by the program, and warns of no broker`() async throws {
        let log = Journal<LogLine>()
        let connection = Connection(try TestBroker.endpoint(), name: "test anew", logger: Logger(into: log))
        let reconnections = connection.reconnections()
        try await connection.start()
        await connection.reconnect(because: "the outcome of a commit is not known")
        _ = await reconnections.first { $0 == 2 }
        #expect(log.entries.contains { $0.message == "program drops the connection and makes it anew" && $0.level == .notice })
        #expect(!log.entries.contains { $0.message == "connection lost or not made, trying again" && $0.level >= .warning })
        await connection.close()
    }

    @Test func `one that may not be made within the patience is an error`() async throws {
        let connection = Connection(try TestBroker.endpoint(), name: "test admission", logger: .silent)
        connection.admit { "another one leads" }
        let error = await #expect(throws: AMQPError.self) { try await connection.start(patience: .zero) }
        #expect(error?.code == .resourceLocked)
        #expect(error?.message.contains("another one leads") == true)
    }

    @Test func `one that stands by can be closed`() async throws {
        let connection = Connection(try TestBroker.endpoint(), name: "test admission", logger: .silent)
        connection.admit { "another one leads" }
        let started = Task { try await connection.start() }
        while connection.reading.state != .locked { await Task.yield() }
        await connection.close()
        await #expect(throws: AMQPError.self) { try await started.value }
    }
}
