import AMQP
import TaskGridCore

/// What the pipeline needs of the broker, and no more, so that it can be tested without one.
protocol WorkerTransport: MessagePublisher {
    /// Opens both connections and begins to consume.
    func start() async throws(AMQPError)
    /// What came from the work queues; nil when nothing comes any more.
    func nextWork() async -> [Delivery]?
    /// What came from the control queue; nil when nothing comes any more.
    func nextControl() async -> [Delivery]?
    func acknowledgeWork(_ tags: [DeliveryTag]) async
    func acknowledgeControl(_ tags: [DeliveryTag]) async
    /// Declares again what the worker's connections have declared.
    func declareAgain() async
    /// Changes how many messages of these types the broker hands out ahead.
    func set(prefetch: Int, of types: [TaskType]) async
    /// Takes no more work; acknowledgements go on.
    func stopWork() async
    func close() async
    /// Where the loop runs that publishes, and where the one that receives work; nil: in the global pool.
    var publisher: (any TaskExecutor)? { get }
    var receiver: (any TaskExecutor)? { get }
}

extension WorkerTransport {
    var publisher: (any TaskExecutor)? { nil }
    var receiver: (any TaskExecutor)? { nil }
}
