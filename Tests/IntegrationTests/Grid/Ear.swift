import AMQP
import Foundation
import Logging
import TaskGridCore

/// Hears all that the grid says to everyone: events, registry messages, the dead. And says what it is told to.
struct Ear: Sendable {
    let heard = Journal<Delivery>()
    let connection: Connection
    private let consumer: Consumer

    init(_ endpoint: Endpoint, _ topology: Topology, _ logger: Logger) {
        let queue = topology.listenerQueue("ear", UUID().uuidString)
        let bindings = [(topology.events, "#"), (topology.registry, "#"), (topology.dead, "")]
        let declarations =
            topology.common
            + Declarations(
                queues: [queue], bindings: bindings.map { Binding(exchange: $0.0.name, queue: queue.name, key: $0.1) }
            )
        connection = Connection(endpoint, name: "ear", declarations: declarations, logger: logger)
        consumer = connection.consumer(queues: [queue.name], prefetch: 100)
    }

    /// Hears until the connection is closed or the task cancelled.
    func listen() async {
        while let deliveries = await consumer.next() {
            for delivery in deliveries { heard.add(delivery) }
            if let last = deliveries.last { await consumer.ack(upTo: last.tag) }
        }
    }

    func say(_ exchange: String, _ key: String, _ message: Message) async throws {
        _ = try await connection.publish([Publication(exchange: exchange, routingKey: key, message: message)])
    }

    // MARK: What was heard

    /// Waits for an event of the kind that `choose` picks, heard since the journal had `start` entries.
    func event<Event: Decodable>(_ type: Event.Type, from start: Int = 0, where choose: (Event) -> Bool) async throws -> Event {
        let word =
            switch type {
            case is TaskEvent.Type: "task."
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
    func registered(_ kind: RegistryMessage.Kind, of worker: String) async throws {
        try await heard.first { delivery in
            delivery.exchange.hasSuffix(".registry") && delivery.message.properties.appID == worker
                && delivery.message.properties.type == kind.rawValue ? () : nil
        }
    }

    /// Waits for a dead message, and gives its reason.
    func death(from start: Int = 0) async throws -> String {
        try await heard.first(from: start) { delivery in
            delivery.exchange.hasSuffix(".dead") ? delivery.message.properties.headers["taskgrid-reason"]?.text ?? "" : nil
        }
    }
}
