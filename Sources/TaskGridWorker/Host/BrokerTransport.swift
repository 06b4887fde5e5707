import AMQP
import Logging
import TaskGridCore

/// The broker through two connections: one to publish and one to consume, for a broker in alarm stops reading from
/// whoever publishes, acknowledgements included.
struct BrokerTransport: Transport {
    private let publishing: Connection
    private let consuming: Connection
    private let work: Consumer
    private let control: Consumer
    private let logger: Logger

    /// Control messages are small and handled at once.
    private static let controlPrefetch = 100

    init(endpoint: Endpoint, topology: Topology, worker: String, types: [TaskType], prefetch: Int, vitals: Vitals, logger: Logger) {
        let declarations = topology.worker(id: worker, types: types)
        self.logger = logger
        // The control queue is exclusive: it belongs to the connection that consumes it.
        publishing = Connection(endpoint, name: "\(worker) publish", declarations: topology.common, logger: logger)
        consuming = Connection(endpoint, name: "\(worker) consume", declarations: declarations, logger: logger)
        work = consuming.consumer(queues: types.map { topology.workQueue($0).name }, prefetch: prefetch)
        control = consuming.consumer(
            queues: [topology.listenerQueue("control", worker).name], prefetch: Self.controlPrefetch
        )
        for connection in [publishing, consuming] { vitals.connection { connection.reading } }
    }

    func start() async throws(AMQPError) {
        try await publishing.start()
        try await consuming.start()
    }

    func publish(_ publications: [Publication], within deadline: Duration) async throws(AMQPError) -> [PublishOutcome] {
        try await publishing.publish(publications, within: deadline)
    }

    func nextWork() async -> [Delivery]? { await work.next() }
    func nextControl() async -> [Delivery]? { await control.next() }
    func acknowledgeWork(_ tags: [DeliveryTag]) async { await work.ack(tags) }
    func acknowledgeControl(_ tags: [DeliveryTag]) async { await control.ack(tags) }
    func declareAgain() async {
        do throws(AMQPError) {
            try await consuming.declareAgain()
            logger.warning("Declared again what somebody has deleted")
        } catch {
            logger.warning("Cannot declare again what somebody has deleted", metadata: [LogKey.error: "\(error.message)"])
        }
    }

    func stopWork() async { await work.cancel() }

    func close() async {
        await consuming.close()
        await publishing.close()
    }
}
