import AMQP
import Foundation
import Logging
import TaskGridCore
import TestSupport
import Testing

@Suite("A connection to a real broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct ConnectionTests {
    private let id = UUID().uuidString

    private func connection(_ name: String, _ declarations: Declarations = Declarations()) throws -> Connection {
        Connection(try TestBroker.endpoint(), name: "test \(name)", declarations: declarations, logger: Logger(label: "test"))
    }

    private func route(queue: Queue? = nil) -> (declarations: Declarations, exchange: String, queue: String) {
        let queue = queue ?? .exclusive("test.\(id)")
        let exchange = "test.\(id)"
        let declarations = Declarations(
            exchanges: [Exchange(exchange, .direct)], queues: [queue],
            bindings: [Binding(exchange: exchange, queue: queue.name, key: "k")]
        )
        return (declarations, exchange, queue.name)
    }

    private func take(_ count: Int, from consumer: Consumer) async -> [Delivery] {
        var deliveries: [Delivery] = []
        while deliveries.count < count, let batch = await consumer.next() { deliveries += batch }
        return deliveries
    }

    @Test func `a message with every property is delivered as it was published`() async throws {
        let (declarations, exchange, queue) = route()
        let connection = try connection("round trip", declarations)
        let consumer = connection.consumer(queues: [queue], prefetch: 10)
        try await connection.start()
        let message = Message(
            properties: BasicProperties(
                contentType: "text/plain",
                headers: [
                    "s": "grüß", "i": 42, "b": true, "d": .double(1.5), "t": .timestamp(7), "v": .void,
                    "a": .array([1, "x"]), "f": .table(["y": false]), "x": .bytes(Data([0, 255])),
                ],
                isPersistent: true, priority: 3, correlationID: "c", replyTo: "r", messageID: "m", timestamp: 9, type: "t",
                userID: try TestBroker.endpoint().user, appID: "a"
            ),
            body: Data("hello".utf8)
        )
        let outcomes = try await connection.publish([Publication(exchange: exchange, routingKey: "k", message: message)])
        #expect(outcomes == [.confirmed])
        let delivery = try #require(await take(1, from: consumer).first)
        #expect(delivery.message == message)
        #expect(delivery.queue == queue)
        #expect(delivery.routingKey == "k")
        #expect(!delivery.isRedelivered)
        await consumer.ack(upTo: delivery.tag)
        await connection.close()
        #expect(await consumer.next() == nil)
    }

    @Test(arguments: [0, 1, 131_063, 131_064, 131_065, 262_128, 1_000_000])
    func `bodies of every size around a frame's come whole`(size: Int) async throws {
        let (declarations, exchange, queue) = route()
        let connection = try connection("sizes", declarations)
        let consumer = connection.consumer(queues: [queue], prefetch: 10)
        try await connection.start()
        let body = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        _ = try await connection.publish([Publication(exchange: exchange, routingKey: "k", message: Message(body: body))])
        #expect(await take(1, from: consumer).first?.message.body == body)
        await connection.close()
    }

    @Test func `mandatory messages without a queue come back, the others of the batch are confirmed`() async throws {
        let (declarations, exchange, _) = route()
        let connection = try connection("mandatory", declarations)
        try await connection.start()
        let publications = (0..<10).map { number in
            Publication(
                exchange: exchange, routingKey: number % 3 == 0 ? "nowhere" : "k",
                message: Message(properties: BasicProperties(messageID: "\(number)")), isMandatory: true
            )
        }
        let outcomes = try await connection.publish(publications)
        for (number, outcome) in outcomes.enumerated() {
            #expect(outcome == (number % 3 == 0 ? .returned(code: 312, text: "NO_ROUTE") : .confirmed))
        }
        await connection.close()
    }

    @Test func `twenty thousand messages from many tasks arrive once each, in few batches`() async throws {
        let (declarations, exchange, queue) = route()
        let publisher = try connection("many publish")
        let receiver = try connection("many consume", declarations)
        let consumer = receiver.consumer(queues: [queue], prefetch: 1000)
        try await receiver.start()
        try await publisher.start()
        async let received: (Set<String>, Int) = {
            var bodies: Set<String> = []
            var count = 0
            while count < 20_000, let batch = await consumer.next() {
                count += batch.count
                for delivery in batch { bodies.insert(String(decoding: delivery.message.body, as: UTF8.self)) }
                await consumer.ack(upTo: batch[batch.count - 1].tag)
            }
            return (bodies, count)
        }()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<20 {
                group.addTask {
                    for round in 0..<10 {
                        let outcomes = try await publisher.publish(
                            (0..<100).map {
                                Publication(
                                    exchange: exchange, routingKey: "k", message: Message(body: Data("\(task) \(round) \($0)".utf8)))
                            }
                        )
                        #expect(outcomes.allSatisfy { $0 == .confirmed })
                    }
                }
            }
            try await group.waitForAll()
        }
        let (bodies, count) = await received
        #expect(bodies.count == 20_000)
        #expect(count == 20_000)
        await publisher.close()
        await receiver.close()
    }

    @Test func `unacknowledged deliveries are bounded by the prefetch, and come again to the next consumer`() async throws {
        let queue = Queue.shared("test.\(id)", kind: .classic, arguments: ["x-expires": 60_000])
        let (declarations, exchange, name) = route(queue: queue)
        let first = try connection("prefetch 1", declarations)
        let consumer = first.consumer(queues: [name], prefetch: 5)
        try await first.start()
        _ = try await first.publish(
            (0..<12).map { Publication(exchange: exchange, routingKey: "k", message: Message(body: Data("\($0)".utf8))) }
        )
        let taken = await take(5, from: consumer)
        #expect(taken.count == 5)
        #expect(try await first.depth(of: name) == QueueDepth(messages: 7, consumers: 1))
        #expect(await consumer.ack(upTo: taken[2].tag))
        await first.close()
        #expect(await !consumer.ack(upTo: taken[4].tag), "it comes again")
        let second = try connection("prefetch 2", declarations)
        let other = second.consumer(queues: [name], prefetch: 100)
        try await second.start()
        let again = await take(9, from: other)
        #expect(again.count == 9)
        #expect(again.prefix(2).allSatisfy { $0.isRedelivered })
        await other.ack(again.map(\.tag))
        try await second.delete(queue: name)
        await second.close()
    }

    @Test func `the prefetch of one queue holds for no other queue of its consumer, also when that one is consumed again`() async throws {
        let queues = ["a", "b"].map { Queue.shared("test.\(id).\($0)", kind: .classic, arguments: ["x-expires": 60_000]) }
        let exchange = "test.\(id)"
        let declarations = Declarations(
            exchanges: [Exchange(exchange, .direct)], queues: queues,
            bindings: queues.map { Binding(exchange: exchange, queue: $0.name, key: $0.name) }
        )
        let connection = try connection("prefetch of one queue", declarations)
        let consumer = connection.consumer(queues: queues.map(\.name), prefetch: 1)
        try await connection.start()
        await consumer.set(prefetch: 5, of: [queues[0].name])
        try await TestBroker.withConnection { administrator in
            try await administrator.delete(queue: queues[1].name)
            var open = queues.flatMap { queue in
                (0..<5).map { number in
                    Publication(
                        exchange: exchange, routingKey: queue.name,
                        message: Message(properties: BasicProperties(messageID: "\(queue.name) \(number)")), isMandatory: true
                    )
                }
            }
            while !open.isEmpty {
                open = zip(open, try await administrator.publish(open)).filter { $1 != .confirmed }.map(\.0)
            }
            let taken = await take(6, from: consumer)
            #expect(taken.count { $0.queue == queues[0].name } == 5)
            #expect(try await administrator.depth(of: queues[1].name).messages == 4)
            for queue in queues { try await administrator.delete(queue: queue.name) }
            try await administrator.delete(exchange: exchange)
        }
        await connection.close()
    }

    @Test func `a consumer that is paused gets nothing, its queue keeps what comes, and gives it once the consumer goes on`() async throws {
        let (declarations, exchange, queue) = route()
        let connection = try connection("pause", declarations)
        let consumer = connection.consumer(queues: [queue], prefetch: 10)
        try await connection.start()
        func publish(_ text: String) async throws {
            let publication = Publication(exchange: exchange, routingKey: "k", message: Message(body: Data(text.utf8)))
            #expect(try await connection.publish([publication]) == [.confirmed])
        }
        try await publish("before")
        let first = try #require(await take(1, from: consumer).first)
        await consumer.pause()
        while try await connection.depth(of: queue).consumers > 0 {}
        try await publish("meanwhile")
        #expect(try await connection.depth(of: queue).messages == 1)
        await consumer.ack(upTo: first.tag)
        await consumer.resume()
        #expect(await take(1, from: consumer).map(\.message.body) == [Data("meanwhile".utf8)])
        await consumer.pause()
        await consumer.cancel()
        #expect(await consumer.next() == nil)
        await connection.close()
    }

    @Test func `a cancelled consumer ends after what it was given`() async throws {
        let (declarations, exchange, queue) = route()
        let connection = try connection("cancel", declarations)
        let consumer = connection.consumer(queues: [queue], prefetch: 10)
        try await connection.start()
        _ = try await connection.publish([Publication(exchange: exchange, routingKey: "k", message: Message())])
        await consumer.cancel()
        #expect(await take(10, from: consumer).count == 1)
        await connection.close()
    }

    @Test func `a queue deleted under its consumer is declared and consumed again`() async throws {
        let (declarations, exchange, queue) = route(queue: .shared("test.\(id)", kind: .classic, arguments: ["x-expires": 60_000]))
        let connection = try connection("server cancel", declarations)
        let consumer = connection.consumer(queues: [queue], prefetch: 10)
        try await connection.start()
        let admin = try self.connection("admin")
        try await admin.start()
        try await admin.delete(queue: queue)
        var outcomes: [PublishOutcome] = []
        repeat {
            outcomes = try await admin.publish([
                Publication(
                    exchange: exchange, routingKey: "k", message: Message(properties: BasicProperties(messageID: UUID().uuidString)),
                    isMandatory: true
                )
            ])
        } while outcomes != [.confirmed]
        #expect(await take(1, from: consumer).count == 1)
        try await admin.delete(queue: queue)
        await admin.close()
        await connection.close()
    }

    @Test
    func `a publication for which the broker closes the channel is refused, and what was published beside it arrives once`() async throws {
        let (declarations, exchange, queue) = route()
        let connection = try connection("channel close", declarations)
        let consumer = connection.consumer(queues: [queue], prefetch: 10)
        try await connection.start()
        func publication(_ exchange: String, id: String) -> Publication {
            Publication(
                exchange: exchange, routingKey: "k", message: Message(properties: BasicProperties(messageID: id)), isMandatory: true
            )
        }
        let text = "NOT_FOUND - no exchange 'test.no-such-exchange' in vhost '/'"
        let missing = PublishOutcome.refused(.exchangeNotFound(text, mayHaveArrived: false))
        let batch = [publication("test.no-such-exchange", id: "1"), publication(exchange, id: "2"), publication(exchange, id: "3")]
        #expect(try await connection.publish(batch) == [missing, .confirmed, .confirmed])
        #expect(await take(2, from: consumer).map(\.message.properties.messageID) == ["2", "3"])
        // Nobody can tell which of two is meant.
        let two = [publication("test.no-such-exchange", id: "4"), publication("test.no-such-exchange", id: "5")]
        let unsure = PublishOutcome.refused(.exchangeNotFound(text, mayHaveArrived: true))
        #expect(try await connection.publish(two) == [unsure, unsure])
        // However often that happens, the connection stands.
        for _ in 0..<10 { #expect(try await connection.publish([batch[0]]) == [missing]) }
        let lost = PublishOutcome.returned(code: 312, text: "NO_ROUTE")
        let unroutable = Publication(exchange: exchange, routingKey: "nobody", message: batch[2].message, isMandatory: true)
        #expect(try await connection.publish([batch[0], unroutable]) == [missing, lost])
        #expect(connection.isConnected)
        await connection.close()
    }

    @Test func `administration errors carry the broker's code and leave the connection usable`() async throws {
        let connection = try connection("administration")
        try await connection.start()
        let missing = await #expect(throws: AMQPError.self) { try await connection.depth(of: "test.no-such-queue") }
        #expect(missing?.code == .notFound)
        #expect(missing?.brokerCode == 404)
        let queue = Queue.exclusive("test.\(id)")
        try await connection.declare(Declarations(queues: [queue]))
        #expect(try await connection.depth(of: queue.name) == QueueDepth(messages: 0, consumers: 0))
        await connection.close()
    }

    @Test func `an exclusive queue is refused to a second connection`() async throws {
        let declarations = Declarations(queues: [.exclusive("test.\(id)")])
        let owner = try connection("owner", declarations)
        try await owner.start()
        let second = try connection("second", declarations)
        let error = await #expect(throws: AMQPError.self) { try await second.start(patience: .milliseconds(300)) }
        #expect(error?.code == .resourceLocked)
        await owner.close()
    }

    @Test func `a wrong password is refused at once`() async throws {
        var endpoint = try TestBroker.endpoint()
        endpoint.password = "wrong"
        let connection = Connection(endpoint, name: "test refused", logger: Logger(label: "test"))
        let error = await #expect(throws: AMQPError.self) { try await connection.start() }
        #expect(error?.code == .accessRefused)
    }

    @Test func `a broker that cannot be reached is an error after the patience, and publishing fails at its deadline`() async throws {
        let connection = Connection(Endpoint(host: "127.0.0.1", port: 1), name: "test nobody", logger: Logger(label: "test"))
        let error = await #expect(throws: AMQPError.self) { try await connection.start(patience: .milliseconds(300)) }
        #expect(error?.code == .unreachable)
        let closed = await #expect(throws: AMQPError.self) {
            try await connection.publish([Publication(exchange: "e", routingKey: "k", message: Message())])
        }
        #expect(closed?.code == .closed)
    }

    @Test func `a full queue refuses, and that is said`() async throws {
        let queue = Queue.shared(
            "test.\(id)", kind: .classic, arguments: ["x-max-length": 2, "x-overflow": "reject-publish", "x-expires": 60_000]
        )
        let (declarations, exchange, name) = route(queue: queue)
        let connection = try connection("full", declarations)
        try await connection.start()
        let outcomes = try await connection.publish(
            (0..<5).map { _ in Publication(exchange: exchange, routingKey: "k", message: Message()) }
        )
        #expect(outcomes == [.confirmed, .confirmed, .nacked, .nacked, .nacked])
        try await connection.delete(queue: name)
        await connection.close()
    }
}
