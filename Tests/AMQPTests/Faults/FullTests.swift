import AMQP
import Foundation
import LocalGrid
import TaskGridCore
import TestSupport
import Testing

@Suite("A consumer that bounds its bytes", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct FullTests {
    private static let size = 256 << 10
    /// With a fifth message it is full.
    private static let maximumBytes = 4 * size

    /// Puts so many messages into the fixture's queue, over a connection that consumes nothing.
    private func fill(_ fixture: BrokerFixture, _ count: Int) async throws {
        let publisher = Connection(try TestBroker.endpoint(), name: "test fill", declarations: fixture.declarations, logger: .silent)
        try await publisher.start()
        for number in 0..<count {
            let body = Data(String(number).utf8) + Data(count: Self.size - String(number).utf8.count)
            let message = Message(body: body)
            #expect(
                try await publisher.publish([Publication(exchange: fixture.exchange, routingKey: "k", message: message)]) == [.confirmed])
        }
        await publisher.close()
    }

    private func consumer(_ fixture: BrokerFixture, _ connection: Connection) -> Consumer {
        connection.consumer(queues: [fixture.queue.name], prefetch: 1000, maximumBytes: Self.maximumBytes)
    }

    @Test func `is handed no more than that and a message, though many wait, and each in its turn`() async throws {
        let fixture = try BrokerFixture(isShared: true)
        try await fill(fixture, 64)
        let connection = fixture.connection()
        let consumer = consumer(fixture, connection)
        try await connection.start()
        var held: [Delivery] = []
        for number in 0..<64 {
            while held.count < min(5, 64 - number), let deliveries = await consumer.next() { held += deliveries }
            #expect(held.count <= 5)
            let first = held.removeFirst()
            #expect(first.message.body.prefix(while: { $0 != 0 }) == Data(String(number).utf8))
            await consumer.ack([first.tag])
        }
        await fixture.close(connection)
    }

    @Test func `keeps its connection while it is full, and goes on however late it acknowledges`() async throws {
        let fixture = try BrokerFixture(isShared: true, heartbeat: 3)
        try await fill(fixture, 16)
        let connection = fixture.connection()
        let consumer = consumer(fixture, connection)
        try await connection.start()
        var held: [Delivery] = []
        while held.count < 5, let deliveries = await consumer.next() { held += deliveries }
        // Either side gives up after two intervals without a byte; eight halves of one are four.
        #expect(await fixture.proxy.journal.saw(8) { $0 == .sent(type: 8, channel: 0, nil) })
        var count = 0
        while let last = held.last {
            count += held.count
            await consumer.ack(upTo: last.tag)
            held = count < 16 ? await consumer.next() ?? [] : []
        }
        #expect(count == 16)
        #expect(fixture.proxy.joined == 1)
        await fixture.close(connection)
    }

    @Test func `deliveries come again after a reconnect, and the bytes are counted from zero`() async throws {
        let fixture = try BrokerFixture(isShared: true, heartbeat: 3)
        try await fill(fixture, 16)
        let connection = fixture.connection()
        let consumer = consumer(fixture, connection)
        let reconnections = try await Reconnections(starting: connection)
        var held = 0
        while held < 5, let deliveries = await consumer.next() { held += deliveries.count }
        fixture.proxy.cut()
        #expect(await reconnections.next() == 2)
        var count = 0
        while count < 16, let deliveries = await consumer.next() {
            count += deliveries.count
            await consumer.ack(deliveries.map(\.tag))
        }
        #expect(count == 16)
        await fixture.close(connection)
    }

    @Test func `counts as one that does not consume until the broker says that it does`() async throws {
        let endpoint = try TestBroker.endpoint()
        let fixture = try BrokerFixture(isShared: true)
        try await fill(fixture, 1)
        let answers = Journal<Void>()
        let proxy = try Proxy(to: endpoint.addresses[0].host, port: endpoint.addresses[0].port) { _ in
        } onFrame: { frame in
            guard frame.method == .basicConsumeOK else { return .pass }
            answers.add(())
            // The first consumer of a connection is waited for.
            return answers.count == 2 ? .discard : .pass
        }
        var through = endpoint
        through.addresses = [.init(host: "127.0.0.1", port: proxy.port)]
        let other = Queue.exclusive("\(fixture.exchange).other")
        let connection = Connection(
            through, name: "test", declarations: fixture.declarations + Declarations(queues: [other]), logger: .silent
        )
        _ = connection.consumer(queues: [other.name], prefetch: 1)
        let consumer = consumer(fixture, connection)
        try await connection.start()
        // The answers behind the one that was not heard.
        let deliveries = try #require(await consumer.next())
        #expect(Array(connection.reading.unconsumed.keys) == [fixture.queue.name])
        proxy.cut()
        #expect(await consumer.next()?.count == deliveries.count)
        #expect(connection.reading.unconsumed.isEmpty)
        proxy.stop()
        await fixture.close(connection)
    }

    @Test func `can be closed while it is full`() async throws {
        let fixture = try BrokerFixture(isShared: true)
        try await fill(fixture, 16)
        let connection = fixture.connection()
        let consumer = consumer(fixture, connection)
        try await connection.start()
        var held = 0
        while held < 5, let deliveries = await consumer.next() { held += deliveries.count }
        await connection.close()
        #expect(await consumer.next()?.count == nil)
        await fixture.close()
    }
}
