import AMQP
import Logging
import ServiceSupport
import TaskGridCore

/// The broker through two connections: one consumes work, and is read while a broker in alarm reads nothing from those that
/// publish, acknowledgements included; the other publishes and consumes the control queue.
///
/// A control queue that is gone tells the dispatcher that the worker may be dead. On a connection other than the work's, it
/// outlives that one: a lost connection alone is then not taken for a death.
struct BrokerWorkerTransport: WorkerTransport {
    private let publishing: Connection
    private let consuming: Connection
    private let work: Consumer
    private let control: Consumer
    private let logger: Logger
    private let topology: Topology

    /// Control messages are small and handled at once.
    private static let controlPrefetch = 100

    init(endpoint: Endpoint, topology: Topology, worker: String, types: [TaskType], prefetch: Int, vitals: Vitals, logger: Logger) {
        self.topology = topology
        self.logger = logger
        // The control queue is exclusive: it belongs to the connection that consumes it.
        publishing = Connection(
            endpoint, name: "\(worker) publish", clientProperties: .grid,
            declarations: topology.common + topology.control(worker: worker, types: types),
            logger: logger
        )
        let workQueues = types.map { topology.workQueue($0).name }
        var declarations = topology.common + topology.work(types: types)
        // It does once it has heard of the worker.
        declarations.declarers = Dictionary(workQueues.map { ($0, "the dispatcher") }) { first, _ in first }
        consuming = Connection(
            endpoint, name: "\(worker) consume", clientProperties: .grid, declarations: declarations, logger: logger)
        work = consuming.consumer(queues: workQueues, prefetch: prefetch)
        control = publishing.consumer(
            queues: [topology.listenerQueue("control", worker).name], prefetch: Self.controlPrefetch
        )
        for connection in [publishing, consuming] { vitals.connection { connection.reading } }
    }

    func start() async throws(AMQPError) { try await publishing.start() }
    func startWork() async throws(AMQPError) { try await consuming.start() }

    func publish(_ publications: [Publication], within deadline: Duration) async throws(AMQPError) -> [PublishOutcome] {
        try await publishing.publish(publications, within: deadline)
    }

    var publisher: (any TaskExecutor)? { publishing.executor }
    var receiver: (any TaskExecutor)? { consuming.executor }
    func nextWork() async -> [Delivery]? { await work.next() }
    func nextControl() async -> [Delivery]? { await control.next() }
    func acknowledgeWork(_ tags: [DeliveryTag]) async { await work.ack(tags) }
    func acknowledgeControl(_ tags: [DeliveryTag]) async { await control.ack(tags) }
    func declareAgain() async {
        do throws(AMQPError) {
            try await publishing.declareAgain()
            try await consuming.declareAgain()
            logger.warning("control queue or binding was deleted, declared again")
        } catch {
            logger.warning(
                "control queue or binding was deleted and cannot be declared again", metadata: [LogKey.error: "\(error.message)"])
        }
    }

    func set(prefetch: Int, of types: [TaskType]) async {
        await work.set(prefetch: prefetch, of: types.map { topology.workQueue($0).name })
    }

    func pauseWork() async { await work.pause() }
    func resumeWork() async { await work.resume() }
    func stopWork() async { await work.cancel() }

    func close() async {
        await consuming.close()
        await publishing.close()
    }
}
