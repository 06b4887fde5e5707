import AMQP
import Logging
import ServiceSupport
import TaskGridCore

/// Publishes what the nameservice says until the broker has confirmed it.
struct NameservicePublisher: Sendable {
    let connection: Connection
    let topology: Topology
    let logger: Logger

    /// - Returns: False where the task was cancelled or the connection closed here.
    func publish(_ publications: [Publication]) async -> Bool {
        await connection.publishUntilConfirmed(publications, policy: self) != nil
    }
}

extension NameservicePublisher: PublishPolicy {
    /// A shutdown waits as long for an attempt.
    var deadline: Duration { .seconds(5) }

    func resolve(_ unconfirmed: [UnconfirmedPublication], repetitions: Int) async -> [PublishResolution]? {
        logger.warning(
            "broker refused messages, publishing them again",
            metadata: [LogKey.messageCount: "\(unconfirmed.count)", LogKey.error: "\(unconfirmed[0].outcome)"]
        )
        return unconfirmed.map { message in
            guard case .refused(.tooLarge(_, let limit)) = message.outcome else { return .again }
            if let smaller = message.publication.smaller(than: limit, topology) { return .replaced([smaller]) }
            logger.error(
                "message dropped, it is larger than the broker takes", metadata: [LogKey.exchange: "\(message.publication.exchange)"])
            return .replaced([])
        }
    }

    func outcome(ofUnsendable publication: Publication, _ error: AMQPError) async -> PublishOutcome {
        logger.error("message dropped, AMQP cannot carry it", metadata: [LogKey.error: "\(error)"])
        return .confirmed
    }

    func repeats(_ count: Int, after error: AMQPError, attempt: Int) async -> Bool {
        logger.warning("publish failed, publishing again", metadata: [LogKey.error: "\(error)", LogKey.messageCount: "\(count)"])
        return true
    }
}
