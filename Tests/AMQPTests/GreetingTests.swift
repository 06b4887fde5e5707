import AMQP
import Foundation
import TestSupport
import Testing

@Suite("What a connection knows of its broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct GreetingTests {
    @Test func `the greeting has the broker's product and capabilities and what was agreed on, while the connection is up`() async throws {
        let connection = Connection(try TestBroker.endpoint(), name: "test greeting", logger: .silent)
        #expect(await connection.greeting == nil)
        try await connection.start()
        let greeting = try #require(await connection.greeting)
        #expect(greeting.properties["product"] == "RabbitMQ" && greeting.properties["version"]?.text?.isEmpty == false)
        let capabilities = try #require(greeting.properties["capabilities"])
        guard case .table(let table) = capabilities else { throw Unexpected(value: capabilities) }
        #expect(table["publisher_confirms"] == true)
        #expect(greeting.heartbeat == 10 && greeting.frameSize > 0 && greeting.lastChannel > 0)
        await connection.close()
        #expect(await connection.greeting == nil)
    }

    @Test func `an exchange is looked at, and the connection goes on where it is missing`() async throws {
        try await TestBroker.withConnection { connection in
            let exchange = Exchange("test.\(UUID().uuidString)", .direct)
            #expect(try await !connection.isThere(exchange))
            try await connection.declare(Declarations(exchanges: [exchange]))
            #expect(try await connection.isThere(exchange))
            try await connection.delete(exchange: exchange.name)
        }
    }

    private struct Unexpected: Error {
        let value: FieldValue
    }
}
