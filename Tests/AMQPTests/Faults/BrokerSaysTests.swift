import AMQP
import Foundation
import LocalGrid
import Logging
import Synchronization
import TaskGridCore
import TestSupport
import Testing

/// Methods that a broker sends of its own accord, written into the connection by a proxy where a real broker would need an alarm.
@Suite("Methods that the broker sends of its own accord", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct BrokerSaysTests {
    private let blocked = WireFrame.method(0, .connectionBlocked, WireFrame.short("low on memory"))
    private let unblocked = WireFrame.method(0, .connectionUnblocked)
    private let closed = WireFrame.method(
        0, .connectionClose, WireFrame.big(UInt16(320)) + WireFrame.short("CONNECTION_FORCED") + [0, 0, 0, 0]
    )

    @Test func `while it takes no messages, publishing waits: to its deadline, or until it takes them again`() async throws {
        let (fixture, connection) = try await BrokerFixture.started()
        fixture.proxy.inject(blocked)
        #expect(await fixture.logged("broker takes no messages, publishing waits"))
        let error = await #expect(throws: AMQPError.self) {
            try await connection.publish([fixture.publication()], within: .milliseconds(50))
        }
        #expect(error?.code == .blocked)
        #expect(error?.message.contains("low on memory") == true)
        let waiting = Task.immediate { try await connection.publish([fixture.publication()]) }
        // Looking at a queue needs no permission to publish; and it follows the publication, which must not have gone out.
        #expect(try await connection.depth(of: fixture.queue.name).messages == 0)
        #expect(!fixture.proxy.journal.entries.contains(.sent(type: 1, channel: 1, .basicPublish)))
        fixture.proxy.inject(unblocked)
        #expect(try await waiting.value == [.confirmed])
        #expect(fixture.proxy.joined == 1)
        await fixture.close(connection)
    }

    @Test func `a message sent before the alarm has an unknown outcome at its deadline`() async throws {
        let (fixture, connection) = try await BrokerFixture.started()
        fixture.proxy.stall(.towardBroker)
        let sent = Task.immediate { try await connection.publish([fixture.publication()], within: .seconds(5)) }
        #expect(await fixture.proxy.sent(.basicPublish))
        fixture.proxy.inject(blocked)
        #expect(await fixture.logged("broker takes no messages, publishing waits"))
        let error = await #expect(throws: AMQPError.self) { try await sent.value }
        #expect(error?.code == .timedOut)
        #expect(error?.message.contains("low on memory") == true)
        await connection.close(within: .milliseconds(10))
        await fixture.close()
    }

    @Test func `a block is forgotten with the connection that it was said on`() async throws {
        let (fixture, connection) = try await BrokerFixture.started()
        fixture.proxy.inject(blocked)
        #expect(await fixture.logged("broker takes no messages, publishing waits"))
        let waiting = Task.immediate { try await connection.publish([fixture.publication()]) }
        fixture.proxy.cut()
        #expect(try await waiting.value == [.confirmed])
        await fixture.close(connection)
    }

    @Test func `the end of the connection is answered before it is left`() async throws {
        let fixture = try BrokerFixture()
        let connection = fixture.connection()
        let reconnections = try await Reconnections(starting: connection)
        fixture.proxy.inject(closed)
        #expect(await fixture.proxy.sent(.connectionCloseOK))
        #expect(await reconnections.next() == 2)
        await fixture.close(connection)
    }

    @Test func `a closed connection's publications are unknown, with the broker's code, and it comes back`() async throws {
        let fixture = try BrokerFixture()
        let connection = fixture.connection()
        let reconnections = try await Reconnections(starting: connection)
        fixture.proxy.stall(.towardBroker)
        let sent = Task.immediate { try await connection.publish([fixture.publication()]) }
        #expect(await fixture.proxy.sent(.basicPublish))
        fixture.proxy.inject(closed)
        let error = await #expect(throws: AMQPError.self) { try await sent.value }
        #expect(error?.code == .connectionLost)
        #expect(error?.brokerCode == 320)
        // As a broker hangs up that has closed a connection.
        fixture.proxy.cut()
        #expect(await reconnections.next() == 2)
        await fixture.close(connection)
    }

    @Test func `a connection closed in the midst of a call is known to be lost, and comes back`() async throws {
        let fixture = try BrokerFixture()
        let connection = fixture.connection()
        let reconnections = try await Reconnections(starting: connection)
        let declared = fixture.proxy.journal.entries.count { $0 == .sent(type: 1, channel: 2, .queueDeclare) }
        fixture.proxy.stall(.towardBroker)
        let call = Task.immediate { try await connection.depth(of: fixture.queue.name) }
        #expect(await fixture.proxy.sent(.queueDeclare, count: declared + 1))
        fixture.proxy.inject(closed)
        let error = await #expect(throws: AMQPError.self) { try await call.value }
        #expect(error?.brokerCode == 320)
        // Said before the call ended: not only once the broker has hung up.
        #expect(fixture.log.entries.contains { $0.message == "connection lost or not made, trying again" })
        fixture.proxy.cut()
        #expect(await reconnections.next() == 2)
        #expect(try await connection.publish([fixture.publication()]) == [.confirmed])
        await fixture.close(connection)
    }

    @Test(arguments: [
        ("garbage", [UInt8](repeating: 0xFF, count: 20)),
        ("an unknown method", WireFrame.method(1, MethodID(60, 999)).bytes),
        ("a body without a method", WireFrame.body(3, [1]).bytes),
        ("a header without a method on the publishing channel", WireFrame.header(1, bodySize: 1).bytes),
        (
            "a body longer than announced",
            WireFrame.method(3, .basicDeliver, WireFrame.short("t") + WireFrame.big(UInt64(1)) + [0] + [0] + [0]).bytes
                + WireFrame.header(3, bodySize: 1).bytes + WireFrame.body(3, [1, 2]).bytes
        ),
    ])
    func `a frame against the protocol ends the connection, which comes back`(what: String, bytes: [UInt8]) async throws {
        let fixture = try BrokerFixture()
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        let reconnections = try await Reconnections(starting: connection)
        fixture.proxy.inject(bytes)
        #expect(await reconnections.next() == 2)
        #expect(try await connection.publish([fixture.publication(what)]) == [.confirmed])
        #expect(await consumer.next()?.map(\.text) == [what])
        await fixture.close(connection)
    }

    @Test func `frames that mean nothing to this side are passed over`() async throws {
        let (fixture, connection) = try await BrokerFixture.started()
        fixture.proxy.inject(.heartbeat)
        fixture.proxy.inject(.method(1, .basicAck, WireFrame.big(UInt64(99)) + [0]))
        fixture.proxy.inject(.method(9, .basicCancel, WireFrame.short("nobody's") + [0]))
        fixture.proxy.inject(.body(9, [1]))
        #expect(try await connection.publish([fixture.publication()]) == [.confirmed])
        #expect(fixture.proxy.joined == 1)
        await fixture.close(connection)
    }

    @Test
    func `a consumer's channel closed by the broker is opened again: its deliveries come again, old tags mean nothing`() async throws {
        let fixture = try BrokerFixture()
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        try await connection.start()
        _ = try await connection.publish([fixture.publication("0"), fixture.publication("1")])
        var first: [Delivery] = []
        while first.count < 2, let deliveries = await consumer.next() { first += deliveries }
        await consumer.ack([first[0].tag])
        // Twice is once too often: 406, PRECONDITION_FAILED.
        await consumer.ack([first[0].tag])
        let again = try #require(await consumer.next())
        #expect(again.map(\.text) == ["1"])
        #expect(again.allSatisfy { $0.isRedelivered })
        await consumer.ack([first[1].tag])
        await consumer.ack(again.map(\.tag))
        #expect(try await connection.publish([fixture.publication("2")]) == [.confirmed])
        #expect(await consumer.next()?.map(\.text) == ["2"])
        #expect(fixture.proxy.joined == 1)
        await fixture.close(connection)
    }

    /// As RabbitMQ does where several deliveries of a channel are not acknowledged in time.
    @Test(arguments: [2, 5])
    func `a channel that the broker closes several times at once is opened again, and the connection is kept`(count: Int) async throws {
        let endpoint = try TestBroker.endpoint()
        let fixture = try BrokerFixture()
        let boxed = Mutex<Proxy?>(nil)
        let proxy = try Proxy(to: endpoint.addresses[0].host, port: endpoint.addresses[0].port) { _ in
        } onFrame: { frame in
            if frame.direction == .towardClient, frame.method == .channelClose, frame.channel == 3 {
                for _ in 1..<count { boxed.withLock { $0 }?.inject(frame.bytes) }
            }
            return .pass
        }
        boxed.withLock { $0 = proxy }
        var through = endpoint
        through.addresses = [.init(host: "127.0.0.1", port: proxy.port)]
        let connection = Connection(through, name: "test closed", declarations: fixture.declarations, logger: Logger(into: fixture.log))
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        try await connection.start()
        _ = try await connection.publish([fixture.publication("a")])
        let tags = try #require(await consumer.next()?.map(\.tag))
        // Twice is once too often: 406, PRECONDITION_FAILED.
        for _ in 0..<2 { await consumer.ack(tags) }
        #expect(await fixture.logged("channel closed by the broker, opening it again"))
        #expect(try await connection.publish([fixture.publication("b")]) == [.confirmed])
        #expect(await consumer.next()?.map(\.text) == ["b"])
        #expect(!fixture.log.entries.contains { $0.message == "connection lost or not made, trying again" })
        proxy.stop()
        await fixture.close(connection)
    }

    @Test func `channels that are closed again and again make the connection reconnect`() async throws {
        let fixture = try BrokerFixture()
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        let reconnections = try await Reconnections(starting: connection)
        for number in 0..<6 {
            _ = try await connection.publish([fixture.publication("\(number)")])
            let delivery = try #require(await consumer.next()?.first)
            await consumer.ack([delivery.tag])
            // Twice is once too often: 406, PRECONDITION_FAILED.
            await consumer.ack([delivery.tag])
            #expect(await fixture.logged("channel closed by the broker, opening it again", count: number + 1))
        }
        #expect(await reconnections.next() == 2)
        #expect(try await connection.publish([fixture.publication()]) == [.confirmed])
        await fixture.close(connection)
    }

    /// As RabbitMQ 3.10 does on a channel whose first publish fell into the election of a quorum queue's leader.
    @Test func `a channel on which every message is nacked is replaced, and what waits beside it is sent again`() async throws {
        let endpoint = try TestBroker.endpoint()
        let fixture = try BrokerFixture()
        let boxed = Mutex<Proxy?>(nil)
        let held = Mutex(false)
        let proxy = try Proxy(to: endpoint.addresses[0].host, port: endpoint.addresses[0].port) { _ in
        } onFrame: { frame in
            guard frame.direction == .towardClient, frame.method == .basicAck, frame.channel == 1 else { return .pass }
            if held.withLock({ $0 }) {
                var nack = frame.bytes
                // Class 60, method 120 in place of 80: its bit `requeue` means nothing to a publisher.
                nack[10] = 120
                boxed.withLock { $0 }?.inject(nack)
            }
            return .discard
        }
        boxed.withLock { $0 = proxy }
        var through = endpoint
        through.addresses = [.init(host: "127.0.0.1", port: proxy.port)]
        let other = Queue.exclusive("\(fixture.exchange).other")
        let more = Declarations(queues: [other], bindings: [Binding(exchange: fixture.exchange, queue: other.name, key: "other")])
        let connection = Connection(
            through, name: "test nacked", declarations: fixture.declarations + more, logger: Logger(into: fixture.log))
        try await connection.start()
        // Its confirm never comes on the first channel.
        let waiting = Task.immediate {
            try await connection.publish([Publication(exchange: fixture.exchange, routingKey: "other", message: Message())])
        }
        while try await connection.depth(of: other.name).messages < 1 {}
        held.withLock { $0 = true }
        #expect(try await connection.publish([fixture.publication()]) == [.nacked])
        #expect(try await connection.publish([fixture.publication()]) == [.nacked])
        #expect(try await waiting.value == [.confirmed])
        #expect(try await connection.publish([fixture.publication()]) == [.confirmed])
        #expect(fixture.log.entries.count { $0.message == "broker refuses messages, publishing over a new channel" } == 1)
        #expect(connection.isConnected)
        proxy.stop()
        await fixture.close(connection)
    }

    @Test func `a queue deleted after an administration error is declared and consumed again on the same connection`() async throws {
        let fixture = try BrokerFixture(isShared: true)
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        try await connection.start()
        let missing = await #expect(throws: AMQPError.self) { try await connection.depth(of: "test.no-such-queue") }
        #expect(missing?.code == .notFound)
        let admin = Connection(try TestBroker.endpoint(), name: "test admin", logger: Logger(into: fixture.log))
        try await admin.start()
        try await admin.delete(queue: fixture.queue.name)
        #expect(await fixture.logged("consumer cancelled by the broker, consuming anew"))
        // This call comes after the turn that consumed again.
        #expect(try await connection.depth(of: fixture.queue.name).consumers == 1)
        #expect(try await connection.publish([fixture.publication("m")]) == [.confirmed])
        #expect(await consumer.next()?.map(\.text) == ["m"])
        #expect(fixture.proxy.joined == 1)
        await admin.close()
        await fixture.close(connection)
    }
}
