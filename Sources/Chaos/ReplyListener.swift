import AMQP
import Logging
import TaskGridCore

/// Hears every reply to a client, beside the client itself: a queue of its own with the same binding, on the broker itself.
struct ReplyListener: Sendable {
    let connection: Connection
    private let consumer: Consumer

    init(_ endpoint: Endpoint, _ topology: Topology, client: String, logger: Logger) {
        let queue = topology.listenerQueue("chaos", client)
        let declarations =
            topology.common
            + Declarations(queues: [queue], bindings: [Binding(exchange: topology.reply.name, queue: queue.name, key: client)])
        connection = Connection(
            endpoint, name: "chaos", clientProperties: .grid, declarations: declarations, ownership: .bindings(every: Ownership.interval),
            logger: logger
        )
        consumer = connection.consumer(queues: [queue.name], prefetch: 1_000)
    }

    /// Hears until the connection is closed or the task cancelled.
    func listen(_ take: @Sendable (Ending) -> Void) async {
        while let deliveries = await consumer.next() {
            for delivery in deliveries {
                // A message that is no reply, such as the answer to a query, ends no task.
                guard let reply = try? Reply(delivery.message), case .ended(let endings) = reply.content else { continue }
                endings.forEach(take)
            }
            if let last = deliveries.last { await consumer.ack(upTo: last.tag) }
        }
    }
}
