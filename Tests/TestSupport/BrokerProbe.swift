package import AMQP
import Foundation
package import Logging
import Synchronization
package import TaskGridCore

/// A client of the broker in a test: hears what its queues are bound to, and says what it is told to.
///
/// A test either listens beside what it does, and looks into what was heard, or hears one message after the other.
package final class BrokerProbe: Sendable {
    package let heard = Journal<Delivery>()
    package let connection: Connection
    private let consumer: Consumer
    /// How many of those heard `hear` has looked at.
    private let lookedAt = Mutex(0)

    /// One that hears all that the grid says to everyone, unless told otherwise: events, registry messages, the dead.
    ///
    /// - Parameters:
    ///   - shared: queues to consume too, of services that the test plays.
    ///   - bindings: exchanges and keys to hear.
    ///   - declarations: what there has to be besides.
    package init(
        _ endpoint: Endpoint, _ topology: Topology, _ logger: Logger, shared: [Queue] = [],
        bindings: [(exchange: Exchange, key: String)]? = nil, declarations: Declarations = Declarations()
    ) {
        let queue = topology.listenerQueue("probe", UUID().uuidString)
        let bindings = bindings ?? [(topology.events, "#"), (topology.registry, "#"), (topology.dead, "")]
        let own = Declarations(
            queues: [queue] + shared, bindings: bindings.map { Binding(exchange: $0.exchange.name, queue: queue.name, key: $0.key) }
        )
        connection = Connection(endpoint, name: "probe", declarations: topology.common + declarations + own, logger: logger)
        consumer = connection.consumer(queues: [queue.name] + shared.map(\.name), prefetch: 100)
    }

    /// Says a message, and waits until the broker has it.
    package func say(_ exchange: Exchange, _ key: String, _ message: Message) async throws {
        _ = try await connection.publish([Publication(exchange: exchange.name, routingKey: key, message: message)])
    }

    // MARK: Hearing one after the other

    /// The next message for which `choose` has a value; those before it are passed over. nil when the connection closes.
    package func hear<Value>(_ choose: (Delivery) -> Value?) async -> Value? {
        while true {
            while let delivery = next() {
                if let value = choose(delivery) { return value }
            }
            guard await takeSome() else { return nil }
        }
    }

    package func hear<Event: Decodable>(_ type: Event.Type, key: String) async -> Event? {
        await hear { $0.routingKey == key ? try? JSON.decode(type, $0.message.body) : nil }
    }

    private func next() -> Delivery? {
        lookedAt.withLock { count in
            guard let delivery = heard.entries.dropFirst(count).first else { return nil }
            count += 1
            return delivery
        }
    }

    private func takeSome() async -> Bool {
        guard let deliveries = await consumer.next() else { return false }
        for delivery in deliveries { heard.add(delivery) }
        if let last = deliveries.last { await consumer.ack(upTo: last.tag) }
        return true
    }

    // MARK: Listening, and what was heard

    /// Hears until the connection is closed or the task cancelled.
    package func listen() async {
        while await takeSome() {}
    }

    /// Waits for an event of the kind that `choose` picks, heard since the journal had `start` entries.
    package func event<Event: Decodable>(_ type: Event.Type, from start: Int = 0, where choose: (Event) -> Bool) async throws -> Event {
        let word =
            switch type {
            case is TypeEvent.Type: "task."
            case is WorkerEvent.Type: "worker."
            default: "grid."
            }
        return try await heard.first(from: start) { delivery in
            guard delivery.exchange.hasSuffix(".events"), delivery.routingKey.hasPrefix(word),
                let event = try? JSON.decode(type, delivery.message.body), choose(event)
            else { return nil }
            return event
        }
    }

    /// Waits for a worker's word to the registry.
    package func registered(_ kind: RegistryMessage.Kind, of worker: String) async throws {
        try await heard.first { delivery in
            delivery.exchange.hasSuffix(".registry") && delivery.message.properties.appID == worker
                && delivery.message.properties.type == kind.rawValue ? () : nil
        }
    }

    /// Waits for a dead message, and gives its reason.
    package func death(from start: Int = 0) async throws -> String {
        try await heard.first(from: start) { delivery in
            delivery.exchange.hasSuffix(".dead") ? delivery.message.properties.headers["taskgrid-reason"]?.text ?? "" : nil
        }
    }
}

extension BrokerProbe {
    /// One that hears already, of the test run's broker.
    package convenience init(
        _ topology: Topology, shared: [Queue] = [], bindings: [(exchange: Exchange, key: String)]
    ) async throws {
        self.init(
            try TestBroker.endpoint(), topology, Logger(label: "test"), shared: shared, bindings: bindings,
            declarations: topology.nameservice + topology.deadLetters
        )
        try await connection.start()
    }

    /// Deletes what outlives the connections, and closes.
    package func close(_ topology: Topology) async {
        for queue in [topology.deadQueue, topology.rpcQueue(.nameservice), topology.rpcQueue(.dispatcher)] {
            try? await connection.delete(queue: queue.name)
        }
        await connection.close()
    }
}
