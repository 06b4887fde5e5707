import Foundation
import Logging
import TaskGridCore
import TestSupport
import Testing

@testable import AMQP

@Suite("The users of messages that a queue's owner has moved", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct MovedMessagesTests {
    private let name = "test-\(UUID().uuidString.lowercased())"

    private var exchange: Exchange { Exchange(name, .topic) }
    private var binding: Binding { Binding(exchange: name, queue: "\(name).q", key: "#") }

    private func queue(_ kind: Queue.Kind, maximumLength: Int64) -> Queue {
        .shared(binding.queue, kind: kind, arguments: ["x-max-length": .int(maximumLength), "x-expires": 60_000])
    }

    private func connection(_ endpoint: Endpoint, _ queue: Queue, _ ownership: Ownership = .none) -> Connection {
        let declarations = Declarations(exchanges: [exchange], queues: [queue], bindings: [binding])
        return Connection(endpoint, name: "test mover", declarations: declarations, ownership: ownership, logger: .silent)
    }

    private func publication(_ headers: FieldTable, _ body: String = "body") -> Publication {
        Publication(
            exchange: name, routingKey: "k",
            message: Message(properties: BasicProperties(headers: headers, isPersistent: true, appID: "a"), body: Data(body.utf8)))
    }

    /// Runs `body` with the broker's address for another user and a connection of that user, beside an administrator, and cleans up.
    private func withOther(_ body: (Connection, Connection) async throws -> Void) async throws {
        let endpoint = try await TestBroker.makeUser(name, configure: "^$", write: "^\(name)$", read: "^\(name)([.].*)?$")
        try await TestBroker.withConnection { administrator in
            let other = Connection(endpoint, name: "test other", logger: .silent)
            try await administrator.declare(Declarations(exchanges: [exchange]))
            try await other.start(patience: .seconds(10))
            try await body(other, administrator)
            await other.close()
            try await administrator.delete(queue: binding.queue)
            try await administrator.delete(exchange: name)
        }
        try await TestBroker.removeUser(name)
    }

    private func received(_ count: Int, by connection: Connection) async throws -> [Message] {
        let consumer = connection.consumer(queues: [binding.queue], prefetch: 10)
        try await connection.start()
        var messages: [Message] = []
        while messages.count < count, let deliveries = await consumer.next() {
            messages += deliveries.map(\.message)
            await consumer.ack(deliveries.map(\.tag))
        }
        await connection.close()
        return messages
    }

    @Test(arguments: Queue.Kind.allCases)
    func `messages of others keep their user when their queue is replaced, whatever they say`(_ kind: Queue.Kind) async throws {
        try await withOther { other, administrator in
            let earlier = queue(kind, maximumLength: 100)
            try await administrator.declare(Declarations(exchanges: [exchange], queues: [earlier], bindings: [binding]))
            let headers: FieldTable = ["n": 1, "nested": .table(["a": "b"])]
            let forged = headers.merging([BasicProperties.formerUser: "somebody"]) { $1 }
            // Nearly a frame of them.
            let long = FieldTable(uniqueKeysWithValues: [("long", .string(String(repeating: "x", count: 126_000)))])
            #expect(
                try await other.publish([publication(headers), publication(forged), publication([:]), publication(long)])
                    == Array(repeating: .confirmed, count: 4))
            #expect(try await administrator.publish([publication(headers)]) == [.confirmed])

            let endpoint = try TestBroker.endpoint()
            let messages = try await received(
                5, by: connection(endpoint, queue(kind, maximumLength: 200), .everything(every: .seconds(60))))
            #expect(messages.map(\.properties.userID) == [name, name, name, name, endpoint.user])
            #expect(messages.allSatisfy { $0.properties.headers[BasicProperties.formerUser] == nil && $0.body == Data("body".utf8) })
            for index in [0, 1, 4] {
                #expect(messages[index].properties.headers.filter { headers[$0.key] != nil } == headers, "\(index)")
                #expect(messages[index].properties.appID == "a" && messages[index].properties.isPersistent)
            }
            #expect(messages[3].properties.headers["long"] == long["long"])
        }
    }

    @Test func `only a receiver of the mover's own user believes it`() async throws {
        try await withOther { other, administrator in
            let shared = queue(.classic, maximumLength: 100)
            try await administrator.declare(Declarations(exchanges: [exchange], queues: [shared], bindings: [binding]))
            #expect(try await other.publish([publication([BasicProperties.formerUser: "somebody"])]) == [.confirmed])
            let messages = try await received(1, by: connection(try TestBroker.endpoint(), shared))
            #expect(messages.map(\.properties.userID) == [name])
            #expect(messages[0].properties.headers.isEmpty)
        }
    }
}
