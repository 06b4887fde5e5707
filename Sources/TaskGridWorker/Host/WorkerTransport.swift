import AMQP
import TaskGridCore

/// The part of the broker that the pipeline needs, so that it can be tested without one.
protocol WorkerTransport: MessagePublisher {
    /// Opens the connection that publishes, and begins to consume the control queue.
    func start() async throws(AMQPError)
    /// Opens the connection that consumes work, once there are the work queues.
    func startWork() async throws(AMQPError)
    /// The deliveries of the work queues; nil when no more come.
    func nextWork() async -> [Delivery]?
    /// The deliveries of the control queue; nil when no more come.
    func nextControl() async -> [Delivery]?
    func acknowledgeWork(_ tags: [DeliveryTag]) async
    func acknowledgeControl(_ tags: [DeliveryTag]) async
    /// Declares again what the worker's connections have declared.
    func declareAgain() async
    /// Changes how many messages of these types the broker hands out ahead.
    func set(prefetch: Int, of types: [TaskType]) async
    /// Takes no more work until ``resumeWork()``; acknowledgements go on.
    func pauseWork() async
    func resumeWork() async
    /// Takes no more work; acknowledgements go on.
    func stopWork() async
    func close() async
    /// The executors of the loop that publishes and of the one that receives work; nil: the global pool.
    var publisher: (any TaskExecutor)? { get }
    var receiver: (any TaskExecutor)? { get }
}

extension WorkerTransport {
    var publisher: (any TaskExecutor)? { nil }
    var receiver: (any TaskExecutor)? { nil }
}
