import Foundation
import Logging
import TaskGridCore
import TestSupport
import Testing

@testable import AMQP

@Suite("A connection and its declarations", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct OwnershipTests {
    private let exchange = Exchange("test.\(UUID().uuidString)", .topic)
    private let log = Journal<LogLine>()
    private var queue: Queue { queue(.classic) }
    private var binding: Binding { Binding(exchange: exchange.name, queue: queue.name, key: "#") }

    private func queue(_ kind: Queue.Kind) -> Queue {
        .shared("\(exchange.name).q", kind: kind, arguments: ["x-max-length": 1000, "x-expires": 60_000])
    }

    private func earlier(_ kind: Queue.Kind) -> Queue { .shared(queue.name, kind: kind, arguments: ["x-expires": 60_000]) }

    private func declarations(_ queue: Queue, _ exchange: Exchange) -> Declarations {
        Declarations(exchanges: [exchange], queues: [queue], bindings: [binding])
    }

    private func connection(_ ownership: Ownership, _ declarations: Declarations? = nil) throws -> Connection {
        Connection(
            try TestBroker.endpoint(), name: "test owner", declarations: declarations ?? self.declarations(queue, exchange),
            ownership: ownership, logger: Logger(into: log)
        )
    }

    /// Runs `body` beside another connection, and removes what is there then.
    private func withAdministrator(_ body: (Connection) async throws -> Void) async throws {
        try await TestBroker.withConnection { administrator in
            try await body(administrator)
            try await administrator.delete(queue: queue.name)
            try await administrator.delete(exchange: exchange.name)
        }
    }

    private func message(_ number: Int, by user: String? = nil) -> Publication {
        let properties = BasicProperties(
            contentType: "text/plain", headers: ["n": .int(Int64(number)), "nested": .table(["a": "b"])], isPersistent: true,
            priority: 3, correlationID: "c\(number)", replyTo: "r", messageID: "m\(number)", timestamp: 1_700_000_000,
            type: "t", userID: user, appID: "a"
        )
        let body = Data(count: number == 7 ? 300_000 : number)
        return Publication(
            exchange: exchange.name, routingKey: "k.\(number)", message: Message(properties: properties, body: body), isMandatory: true
        )
    }

    @Test(arguments: [false, true])
    func `an exchange that somebody has deleted is declared again with its bindings, and named meanwhile`(ownsExchanges: Bool) async throws
    {
        try await withAdministrator { administrator in
            let interval = Duration.milliseconds(50)
            let owner = try connection(ownsExchanges ? .everything(every: interval) : .bindings(every: interval))
            try await owner.start()
            #expect(owner.reading.problem(at: .now) == nil)
            try await administrator.delete(exchange: exchange.name)
            #expect(await log.saw { $0.message == "exchange or queue was deleted, declared again" })
            #expect(
                owner.reading.problem(at: .now) == "exchange \(exchange.name) was deleted by somebody; it is declared again"
            )
            #expect(owner.reading.problem(at: .now + .seconds(10)) == nil)
            #expect(try await administrator.publish([message(1)]) == [.confirmed])
            await owner.close()
        }
    }

    @Test func `a queue that nobody consumes is declared again, and one that was unbound is bound again`() async throws {
        try await withAdministrator { administrator in
            let owner = try connection(.everything(every: .milliseconds(50)))
            try await owner.start()
            try await administrator.delete(queue: queue.name)
            #expect(await log.saw { "\($0.metadata[AMQPLogKey.name] ?? "")" == "queue \(queue.name)" })
            while try await administrator.publish([message(1)]) != [.confirmed] {}
            try await administrator.unbind(binding)
            while try await administrator.publish([message(2)]) != [.confirmed] {}
            #expect(owner.isConnected)
            await owner.close()
        }
    }

    @Test func `an exchange that somebody declares otherwise meanwhile is replaced, bound again, and named`() async throws {
        try await withAdministrator { administrator in
            let owner = try connection(.everything(every: .milliseconds(50)))
            try await owner.start()
            try await administrator.delete(exchange: exchange.name)
            // Declared otherwise by somebody faster.
            let other = Exchange(exchange.name, .fanout)
            while (try? await administrator.declare(Declarations(exchanges: [other]))) == nil {
                try await administrator.delete(exchange: exchange.name)
            }
            let line = "exchange was declared otherwise by somebody, replaced and bound again"
            #expect(await log.saw { $0.message == line && "\($0.metadata[AMQPLogKey.name] ?? "")" == "exchange \(exchange.name)" })
            #expect(
                owner.reading.problem(at: .now) == "exchange \(exchange.name) was declared otherwise by somebody; it is declared again")
            #expect(owner.reading.problem(at: .now + .seconds(10)) == nil)
            // It is of its kind, and whatever is bound to it is bound again.
            try await administrator.declare(Declarations(exchanges: [exchange]))
            while try await administrator.publish([message(1)]) != [.confirmed] {}
            #expect(owner.isConnected)
            await owner.close()
        }
    }

    @Test(arguments: Queue.Kind.allCases)
    func `a queue that is declared otherwise is replaced, with what it holds and in its order`(
        _ kind: Queue.Kind
    ) async throws {
        try await withAdministrator { administrator in
            try await administrator.declare(declarations(earlier(kind), exchange))
            let count = 250
            #expect(try await administrator.publish((0..<count).map { message($0) }).allSatisfy { $0 == .confirmed })

            // One that does not own it uses it as it is.
            let stranger = try connection(.none, declarations(queue(kind), exchange))
            try await stranger.start()
            await stranger.close()
            try await administrator.declare(Declarations(queues: [earlier(kind)]))

            let owner = try connection(.everything(every: .seconds(60)), declarations(queue(kind), exchange))
            let user = try TestBroker.endpoint().user
            let consumer = owner.consumer(queues: [queue.name], prefetch: 1000)
            try await owner.start()
            var deliveries: [Delivery] = []
            while deliveries.count < count, let more = await consumer.next() { deliveries += more }
            // Quorum queues count deliveries in a header.
            #expect(kind == .quorum || deliveries.map(\.message) == (0..<count).map { message($0, by: user).message })
            #expect(deliveries.map(\.message.body) == (0..<count).map { message($0).message.body })
            #expect(deliveries.map(\.routingKey) == (0..<count).map { "k.\($0)" })
            await consumer.ack(deliveries.map(\.tag))
            #expect(log.entries.contains { $0.message == "replaced" && "\($0.metadata[AMQPLogKey.name] ?? "")" == "queue \(queue.name)" })
            // It has the arguments of now, and nothing is left of what it was moved through.
            try await administrator.declare(Declarations(queues: [queue(kind)]))
            let spare = await #expect(throws: AMQPError.self) { try await administrator.depth(of: "\(queue.name).migration") }
            #expect(spare?.code == .notFound)
            #expect(try await administrator.publish([message(1)]) == [.confirmed])
            await owner.close()
        }
    }

    @Test func `a queue that nobody consumes and that somebody declares otherwise meanwhile is replaced, with what it holds`() async throws
    {
        try await withAdministrator { administrator in
            let owner = try connection(.everything(every: .milliseconds(50)), declarations(queue(.quorum), exchange))
            try await owner.start()
            try await administrator.delete(queue: queue.name)
            // Declared otherwise by somebody faster.
            while (try? await administrator.declare(declarations(queue(.classic), exchange))) == nil {
                try await administrator.delete(queue: queue.name)
            }
            #expect(try await administrator.publish([message(1)]) == [.confirmed])
            #expect(await log.saw { $0.message == "replaced" && "\($0.metadata[AMQPLogKey.name] ?? "")" == "queue \(queue.name)" })
            while !owner.isConnected {}
            try await administrator.declare(Declarations(queues: [queue(.quorum)]))
            #expect(try await administrator.depth(of: queue.name).messages == 1)
            await owner.close()
        }
    }

    @Test(arguments: Queue.Kind.allCases)
    func `messages that a killed owner had moved to the spare queue are moved back`(_ kind: Queue.Kind) async throws {
        try await withAdministrator { administrator in
            let spare = Exchange("\(queue.name).migration", .fanout)
            try await administrator.declare(
                declarations(queue(kind), exchange)
                    + Declarations(
                        exchanges: [spare], queues: [.shared(spare.name, kind: kind)],
                        bindings: [
                            Binding(exchange: spare.name, queue: spare.name, key: ""),
                            Binding(exchange: exchange.name, queue: spare.name, key: "#"),
                        ]
                    )
            )
            try await administrator.unbind(binding)
            #expect(try await administrator.publish((0..<5).map { message($0) }).allSatisfy { $0 == .confirmed })
            let owner = try connection(.everything(every: .seconds(60)), declarations(queue(kind), exchange))
            try await owner.start()
            #expect(try await administrator.depth(of: queue.name).messages == 5)
            #expect(await #expect(throws: AMQPError.self) { try await administrator.depth(of: spare.name) }?.code == .notFound)
            await owner.close()
        }
    }

    @Test func `an exchange of another kind is replaced`() async throws {
        try await withAdministrator { administrator in
            try await administrator.declare(Declarations(exchanges: [Exchange(exchange.name, .fanout)]))
            let owner = try connection(.everything(every: .seconds(60)))
            try await owner.start()
            try await administrator.declare(Declarations(exchanges: [exchange]))
            #expect(try await administrator.publish([message(1)]) == [.confirmed])
            await owner.close()
        }
    }
}
