import AMQP
import Foundation
import LocalGrid
import TaskGridCore
import TestSupport
import Testing

@Suite("A connection that is closed", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct CloseTests {
    @Test func `says goodbye after what was published, and everybody who waits is told`() async throws {
        let fixture = try BrokerFixture(isShared: true)
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        try await connection.start()
        let waiting = Task.immediate { await consumer.next()?.count }
        let listening = Task.immediate { await connection.reconnections().reduce(0) { count, _ in count + 1 } }
        await consumer.cancel()
        #expect(await waiting.value == nil)
        let publishing = (0..<10).map { number in
            Task.immediate { try await connection.publish([fixture.publication("\(number)")]) }
        }
        await connection.close()
        for task in publishing {
            do {
                #expect(try await task.value == [.confirmed])
            } catch let error as AMQPError {
                #expect(error.code == .closed)
            }
        }
        #expect(await listening.value == 0)
        let methods = fixture.proxy.journal.entries.compactMap { event -> MethodID? in
            if case .sent(_, _, let method?) = event { method } else { nil }
        }
        #expect(methods.count { $0 == .basicPublish } == 10)
        #expect(methods.last == .connectionClose)
        #expect(!connection.isConnected)
        // All that was published before the close is on the broker.
        let other = fixture.connection("other")
        try await other.start()
        #expect(try await other.depth(of: fixture.queue.name).messages == 10)
        await other.close()
        await fixture.close()
    }

    @Test func `publications that wait, for confirms or for the broker to take messages, fail as closed`() async throws {
        let fixture = try BrokerFixture()
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        try await connection.start()
        fixture.proxy.stall(.towardBroker)
        let sent = Task.immediate { try await connection.publish([fixture.publication()]) }
        #expect(await fixture.proxy.sent(.basicPublish))
        fixture.proxy.inject(.method(0, .connectionBlocked, WireFrame.short("low")))
        #expect(await fixture.logged("broker takes no messages, publishing waits"))
        let unsent = Task.immediate { try await connection.publish([fixture.publication()]) }
        let waiting = Task.immediate { await consumer.next()?.count }
        await connection.close(within: .milliseconds(100))
        for task in [sent, unsent] {
            #expect(await #expect(throws: AMQPError.self) { try await task.value }?.code == .closed)
        }
        #expect(await waiting.value == nil)
        await fixture.close()
    }

    @Test func `ends in time where the broker takes no bytes and the socket is full`() async throws {
        let (fixture, connection) = try await BrokerFixture.started()
        fixture.proxy.stall(.towardBroker)
        let publication = Publication(exchange: fixture.exchange, routingKey: "k", message: Message(body: Data(count: 32 << 20)))
        let sent = Task.immediate { try await connection.publish([publication]) }
        #expect(await fixture.proxy.sent(.basicPublish))
        let began = ContinuousClock.now
        await connection.close(within: .milliseconds(200))
        #expect(began.duration(to: .now) < .seconds(10))
        #expect(await #expect(throws: AMQPError.self) { try await sent.value }?.code == .closed)
        await fixture.close()
    }

    @Test func `takes no more: every call says so, and nobody is left waiting`() async throws {
        let fixture = try BrokerFixture()
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        try await connection.start()
        await connection.close()
        await connection.close()
        #expect(await #expect(throws: AMQPError.self) { try await connection.publish([fixture.publication()]) }?.code == .closed)
        #expect(await #expect(throws: AMQPError.self) { try await connection.start() }?.code == .closed)
        #expect(await consumer.next()?.count == nil)
        #expect(await connection.consumer(queues: [fixture.queue.name], prefetch: 1).next()?.count == nil)
        #expect(await connection.reconnections().reduce(0) { count, _ in count + 1 } == 0)
        await consumer.cancel()
        #expect(fixture.proxy.joined == 1)
        await fixture.close()
    }

    @Test(arguments: [false, true])
    func `while it is being started, the start fails as closed; so it does where its task is cancelled`(isCancelled: Bool) async throws {
        let fixture = try BrokerFixture()
        fixture.proxy.refuse(true)
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        let starting = Task.immediate { try await connection.start() }
        let waiting = Task.immediate { await consumer.next()?.count }
        #expect(await fixture.proxy.journal.saw(2) { $0 == .refused })
        if isCancelled { starting.cancel() } else { await connection.close() }
        #expect(await #expect(throws: AMQPError.self) { try await starting.value }?.code == .closed)
        #expect(await waiting.value == nil)
        await fixture.close()
    }
}
