package import AMQP
import TaskGridCore

/// Carries a client's messages: the broker, or in tests one that behaves as badly as wanted.
package protocol ClientTransport: MessagePublisher {
    /// Connects; throws after `patience` where nobody answers.
    func start(within patience: Duration) async throws(AMQPError)

    /// Why nothing can be published now; nil where it can.
    var trouble: AMQPError? { get }

    /// The next messages of the client's reply queue; nil once closed. Asking for them says that those before are dealt
    /// with.
    func next() async -> [Message]?

    /// An element each time that the reply queue is declared, how often that has happened: what was sent to it before the
    /// second time and later is lost.
    func reconnections() -> AsyncStream<Int>

    func close() async

    /// The executor of the receiving loop; nil: the global pool.
    var receiver: (any TaskExecutor)? { get }
}

extension ClientTransport {
    package var receiver: (any TaskExecutor)? { nil }
}
