import AMQP
import Foundation
import LocalGrid
import TaskGridCore
import TestSupport
import Testing

@Suite("A connection that is lost", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct ReconnectTests {
    @Test func `a connection reconnects, declares and consumes again, and logs it`() async throws {
        let fixture = try BrokerFixture()
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        let reconnections = try await Reconnections(starting: connection)
        for round in 2...4 {
            fixture.proxy.cut()
            #expect(await reconnections.next() == round)
            #expect(connection.isConnected)
            // The exclusive queue died with the connection that was cut.
            #expect(try await connection.publish([fixture.publication("\(round)")]) == [.confirmed])
            let deliveries = try #require(await consumer.next())
            #expect(deliveries.map(\.text) == ["\(round)"])
            await consumer.ack(deliveries.map(\.tag))
        }
        // More may have been joined: the broker takes a while to let go of the exclusive queue.
        #expect(fixture.proxy.joined >= 4)
        await fixture.close(connection)
    }

    @Test func `gets its deliveries again, marked as redelivered, and old tags acknowledge nothing`() async throws {
        let fixture = try BrokerFixture(isShared: true)
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        let reconnections = try await Reconnections(starting: connection)
        #expect(try await connection.publish([fixture.publication("m")]) == [.confirmed])
        let old = try #require(await consumer.next()?.first)
        #expect(!old.isRedelivered)
        fixture.proxy.cut()
        #expect(await reconnections.next() == 2)
        let again = try #require(await consumer.next()?.first)
        #expect(again.text == "m")
        #expect(again.isRedelivered)
        #expect(again.tag != old.tag)
        // The number is the same on the new channel: only the epoch keeps the broker from taking this for an acknowledgement.
        await consumer.ack([old.tag])
        await consumer.ack(upTo: old.tag)
        // The broker has read all that was written when it answers.
        _ = try await connection.depth(of: fixture.queue.name)
        fixture.proxy.cut()
        #expect(await reconnections.next() == 3)
        let third = try #require(await consumer.next()?.first)
        #expect(third.text == "m")
        await consumer.ack([third.tag])
        // The close goes out after the acknowledgement, and the broker answers it after what came before.
        await connection.close()
        let other = fixture.connection("other")
        try await other.start()
        #expect(try await other.depth(of: fixture.queue.name).messages == 0)
        await other.close()
        await fixture.close()
    }

    @Test func `has not taken deliveries that waited to be fetched: they are dropped, and come once`() async throws {
        let fixture = try BrokerFixture(isShared: true)
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        let reconnections = try await Reconnections(starting: connection)
        #expect(try await connection.publish((0..<3).map { fixture.publication("\($0)") }).allSatisfy { $0 == .confirmed })
        #expect(try await connection.depth(of: fixture.queue.name).messages == 0)
        fixture.proxy.cut()
        #expect(await reconnections.next() == 2)
        var texts: [String] = []
        while texts.count < 3, let deliveries = await consumer.next() {
            #expect(deliveries.allSatisfy { $0.isRedelivered })
            texts += deliveries.map(\.text)
            await consumer.ack(deliveries.map(\.tag))
        }
        #expect(texts == ["0", "1", "2"])
        #expect(try await connection.publish([fixture.publication("last")]) == [.confirmed])
        #expect(await consumer.next()?.map(\.text) == ["last"])
        await fixture.close(connection)
    }

    @Test func `fails what was not confirmed, which may be published again`() async throws {
        let (fixture, connection) = try await BrokerFixture.started()
        fixture.proxy.stall(.towardBroker)
        let first = Task.immediate { try await connection.publish([fixture.publication("1")]) }
        let second = Task.immediate { try await connection.publish([fixture.publication("2"), fixture.publication("3")]) }
        #expect(await fixture.proxy.sent(.basicPublish))
        fixture.proxy.cut()
        for task in [first, second] {
            #expect(await #expect(throws: AMQPError.self) { try await task.value }?.code == .connectionLost)
        }
        #expect(try await connection.publish([fixture.publication("1"), fixture.publication("2")]) == [.confirmed, .confirmed])
        await fixture.close(connection)
    }

    @Test func `a connection retries for ever; publishing waits until its deadline, and nothing was sent by then`() async throws {
        let (fixture, connection) = try await BrokerFixture.started()
        fixture.proxy.refuse(true)
        fixture.proxy.cut()
        #expect(await fixture.proxy.journal.saw(3) { $0 == .refused })
        #expect(!connection.isConnected)
        let error = await #expect(throws: AMQPError.self) {
            try await connection.publish([fixture.publication()], within: .milliseconds(50))
        }
        #expect(error?.code == .unreachable)
        #expect(await #expect(throws: AMQPError.self) { try await connection.depth(of: "q") }?.code == .unreachable)
        let waiting = Task.immediate { try await connection.publish([fixture.publication()]) }
        #expect(await fixture.proxy.journal.saw(6) { $0 == .refused })
        fixture.proxy.refuse(false)
        #expect(try await waiting.value == [.confirmed])
        await fixture.close(connection)
    }

    @Test func `a consumer that was being cancelled ends with the connection, and is not consumed again`() async throws {
        let fixture = try BrokerFixture()
        let connection = fixture.connection()
        let consumer = connection.consumer(queues: [fixture.queue.name], prefetch: 10)
        let reconnections = try await Reconnections(starting: connection)
        let waiting = Task.immediate { await consumer.next()?.count }
        fixture.proxy.stall(.towardBroker)
        await consumer.cancel()
        #expect(await fixture.proxy.sent(.basicCancel))
        fixture.proxy.cut()
        #expect(await waiting.value == nil)
        #expect(await reconnections.next() == 2)
        #expect(try await connection.depth(of: fixture.queue.name).consumers == 0)
        await fixture.close(connection)
    }

    @Test func `is given up after two heartbeats of silence`() async throws {
        let fixture = try BrokerFixture(heartbeat: 1)
        let connection = fixture.connection()
        let reconnections = try await Reconnections(starting: connection)
        let stalled = ContinuousClock.now
        fixture.proxy.stall(.towardClient)
        let error = await #expect(throws: AMQPError.self) { try await connection.publish([fixture.publication()]) }
        let silence = stalled.duration(to: .now)
        #expect(error?.code == .connectionLost)
        #expect(error?.message.contains("nothing heard") == true)
        // The last bytes came at most one heartbeat of the broker's before the stall.
        #expect(silence > .milliseconds(900))
        #expect(await reconnections.next() == 2)
        #expect(try await connection.publish([fixture.publication()]) == [.confirmed])
        await fixture.close(connection)
    }

    @Test func `an idle one stays, because both sides send heartbeats`() async throws {
        let (fixture, connection) = try await BrokerFixture.started(heartbeat: 3)
        // The broker gives up after two intervals without a byte; eight halves of one are four.
        #expect(await fixture.proxy.journal.saw(8) { $0 == .sent(type: 8, channel: 0, nil) })
        #expect(connection.isConnected)
        #expect(fixture.proxy.joined == 1)
        #expect(try await connection.publish([fixture.publication()]) == [.confirmed])
        await fixture.close(connection)
    }

    @Test func `an idle one stays that looks after its declarations: the broker's answers stand for its heartbeats`() async throws {
        let fixture = try BrokerFixture(heartbeat: 1)
        let connection = fixture.connection(ownership: .bindings(every: .milliseconds(200)))
        try await connection.start()
        // Two seconds of silence would end it; so many looks take 2.5 s or more, and leave no pause for a heartbeat of the broker's.
        #expect(await fixture.proxy.sent(.queueBind, count: 17))
        #expect(fixture.proxy.joined == 1)
        await fixture.close(connection)
    }
}
