import AMQP
import Logging
import Synchronization
import TaskGridCore

/// The broker: a connection that publishes and one that consumes, since a broker in alarm stops reading a publisher, its
/// acknowledgements included.
final class BrokerClientTransport: ClientTransport {
    /// Reply messages that the broker may hand over ahead.
    static let prefetch = 500

    private let publisher: Connection
    private let replies: Connection
    private let consumer: Consumer
    private let unacknowledged = Mutex<DeliveryTag?>(nil)

    init(endpoint: Endpoint, topology: Topology, id: String, logger: Logger) {
        publisher = Connection(
            endpoint, name: "\(id) submit", clientProperties: .grid, declarations: Declarations(exchanges: topology.exchanges),
            logger: logger
        )
        replies = Connection(
            endpoint, name: "\(id) replies", clientProperties: .grid, declarations: topology.client(id: id),
            ownership: .bindings(every: Ownership.interval), sharingThreadOf: publisher, logger: logger
        )
        consumer = replies.consumer(queues: [topology.replyQueue(client: id).name], prefetch: Self.prefetch)
    }

    func start(within patience: Duration) async throws(AMQPError) {
        try await replies.start(patience: patience)
        do {
            try await publisher.start(patience: patience)
        } catch {
            await replies.close()
            throw error
        }
    }

    func publish(_ publications: [Publication], within deadline: Duration) async throws(AMQPError) -> [PublishOutcome] {
        try await publisher.publish(publications, within: deadline)
    }

    var trouble: AMQPError? { publisher.trouble }
    /// The loop that publishes stays in the global pool: on the connection's thread it would send each submission of many callers by
    /// itself.
    var receiver: (any TaskExecutor)? { replies.executor }

    func next() async -> [Message]? {
        if let tag = unacknowledged.withLock({ $0.take() }) { await consumer.ack(upTo: tag) }
        guard let deliveries = await consumer.next() else { return nil }
        unacknowledged.withLock { $0 = deliveries.last?.tag }
        return deliveries.map(\.message)
    }

    func reconnections() -> AsyncStream<Int> { replies.reconnections() }

    func close() async {
        await publisher.close()
        await replies.close()
    }
}
