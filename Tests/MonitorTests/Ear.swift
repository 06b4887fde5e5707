import AMQP
import Foundation
import Logging
import TaskGridCore

/// A client of the broker in a test: hears what its queue is bound to, and says what it is told to.
struct Ear {
    let connection: Connection
    private let consumer: Consumer
    private let inbox = Inbox()

    /// - Parameters:
    ///   - shared: queues to consume too, of services that the test plays.
    ///   - bindings: exchanges and keys to hear.
    init(_ topology: Topology, shared: [Queue] = [], bindings: [(exchange: String, key: String)]) async throws {
        let queue = topology.listenerQueue("test", UUID().uuidString)
        let declarations =
            topology.common + topology.nameservice
            + Declarations(
                queues: [queue] + shared, bindings: bindings.map { Binding(exchange: $0.exchange, queue: queue.name, key: $0.key) }
            )
        connection = Connection(try TestBroker.endpoint(), name: "test ear", declarations: declarations, logger: Logger(label: "test"))
        consumer = connection.consumer(queues: [queue.name] + shared.map(\.name), prefetch: 100)
        try await connection.start()
    }

    func say(_ exchange: Exchange, _ key: String, _ message: Message) async throws {
        _ = try await connection.publish([Publication(exchange: exchange.name, routingKey: key, message: message)])
    }

    /// The next message for which `choose` has a value; those before it are dropped. nil when the connection closes.
    func hear<Value>(_ choose: (Delivery) -> Value?) async -> Value? {
        while let delivery = await inbox.next(from: consumer) {
            if let value = choose(delivery) { return value }
        }
        return nil
    }

    func hear<Event: Decodable>(_ type: Event.Type, key: String) async -> Event? {
        await hear { $0.routingKey == key ? try? JSON.decode(type, $0.message.body) : nil }
    }

    /// Deletes what outlives the connections, and closes.
    func close(_ topology: Topology) async {
        for queue in [topology.registryQueue, topology.deadQueue, topology.rpcQueue(.nameservice), topology.rpcQueue(.dispatcher)] {
            try? await connection.delete(queue: queue.name)
        }
        await connection.close()
    }
}

/// Deliveries that came in one batch and were not taken yet.
private actor Inbox {
    private var deliveries: [Delivery] = []

    func next(from consumer: Consumer) async -> Delivery? {
        while deliveries.isEmpty {
            guard let batch = await consumer.next() else { return nil }
            if let last = batch.last { await consumer.ack(upTo: last.tag) }
            deliveries += batch
        }
        return deliveries.removeFirst()
    }
}
