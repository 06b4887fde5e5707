import AMQP
import Logging
import ServiceLifecycle
import ServiceSupport
import TaskGridCore

/// How the dispatcher treats messages that the broker does not take.
extension Publisher: PublishPolicy {
    /// How often a message that its queue does not take is published again.
    private static let repeats = 6
    /// The same for a reply: its client asks again, and others wait meanwhile.
    private static let repeatsOfReply = 1

    var deadline: Duration { .seconds(10) }

    func resolve(_ unconfirmed: [UnconfirmedPublication], repetitions: Int) async -> [PublishResolution]? {
        if unconfirmed.contains(where: { if case .refused(.exchangeNotFound) = $0.outcome { true } else { false } }) {
            await declareAgain()
        }
        /// By exchange.
        var dropped: [String: Int] = [:]
        let resolutions = unconfirmed.map { message -> PublishResolution in
            let publication = message.publication
            // Work waits in the store, and another marker follows.
            guard !publication.isMandatory, publication.exchange != topology.work.name else { return .final }
            switch message.outcome {
            case .confirmed, .returned: return .final
            case .refused(.exchangeNotFound): return .again
            case .refused(.tooLarge(_, let limit)):
                return .replaced([publication.smaller(than: limit, topology) ?? unsendable(publication, message.outcome)])
            case .nacked, .refused(.accessRefused):
                let limit = publication.exchange == topology.reply.name ? Self.repeatsOfReply : Self.repeats
                if repetitions < limit { return .again }
                dropped[publication.exchange, default: 0] += 1
                return .final
            }
        }
        for (exchange, count) in dropped { tellDropped(count, exchange) }
        return resolutions
    }

    func outcome(ofUnsendable publication: Publication, _ error: AMQPError) async -> PublishOutcome {
        if publication.exchange != topology.events.name { await attempt([unsendable(publication, error)]) }
        // Work waits in the store; anything else is done with.
        return publication.isMandatory ? .nacked : .confirmed
    }

    func repeats(_ count: Int, after error: AMQPError, attempt: Int) async -> Bool {
        logger.warning("publish failed, publishing again", metadata: [LogKey.error: "\(error)", LogKey.messageCount: "\(count)"])
        return !hasStopped
    }

    func pause(before number: Int) async -> Bool {
        // Cancelled: it stops.
        try? await Task.sleep(for: backoff.delay(before: number))
        return !hasStopped
    }

    /// Without a broker a stop cannot wait: what is not acknowledged comes again, and is known by then.
    private var hasStopped: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    /// Says what becomes of messages that the broker refuses again and again.
    private func tellDropped(_ count: Int, _ exchange: String) {
        let metadata: Logger.Metadata = [LogKey.exchange: "\(exchange)", LogKey.messageCount: "\(count)"]
        switch exchange {
        case topology.reply.name: logger.warning("broker refuses replies, their clients have to ask again", metadata: metadata)
        case topology.dead.name: logger.error("broker refuses dead letters, they are lost", metadata: metadata)
        default: logger.warning("broker refuses messages that are no tasks, they are dropped", metadata: metadata)
        }
    }

    /// Somebody has deleted an exchange.
    private func declareAgain() async {
        do throws(AMQPError) {
            // With its bindings: what is published to an exchange without them is lost.
            try await connection.declare(topology.dispatcher)
            logger.warning("an exchange was missing; declared again")
        } catch {
            logger.error("an exchange is missing and cannot be declared", metadata: [LogKey.error: "\(error)"])
        }
    }

    /// The event that says of a message that it could not be sent.
    private func unsendable(_ publication: Publication, _ error: any Sendable) -> Publication {
        logger.error(
            "message cannot be sent, dropping it", metadata: [LogKey.exchange: "\(publication.exchange)", LogKey.error: "\(error)"])
        let message = "a message to \(publication.exchange) could not be sent: \(error)"
        return .event(GridEvent(kind: .error, service: "dispatcher", at: .now(), message: message), topology)
    }
}
