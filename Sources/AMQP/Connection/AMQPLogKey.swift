/// The keys of this module's log metadata.
package enum AMQPLogKey {
    /// The connection that a line is about; `taskgrid` hides these lines by it.
    package static let connection = "amqp.connection"
    static let consumer = "amqp.consumer"
    static let channel = "amqp.channel"
    static let code = "amqp.code"
    static let text = "amqp.text"
    static let method = "amqp.method"
    static let endpoint = "amqp.endpoint"
    /// An exchange or a queue, as a line says it.
    package static let name = "amqp.name"
    package static let error = "error"
    package static let reason = "reason"
    package static let retryNumber = "retry.number"
    static let retryDelay = "retry.delay_ms"
}
