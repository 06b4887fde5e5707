import AMQP
import Logging
import ServiceSupport
import TaskGridCore

/// How a worker treats results and dead letters that the broker does not take.
///
/// A result is never dropped, and one that arrives twice is harmless. A message that is larger than the broker takes is split; a single
/// result that is becomes a failure that says so. Only what AMQP cannot carry is dropped, which would hold up everything else for ever.
struct ResultPublishPolicy: PublishPolicy {
    let pipeline: Pipeline

    var deadline: Duration { .seconds(30) }
    var backoff: Backoff { pipeline.settings.backoff }
    private var topology: Topology { pipeline.settings.topology }
    private var logger: Logger { pipeline.logger }

    /// Ends where the worker's user may not write.
    func resolve(_ unconfirmed: [UnconfirmedPublication], repetitions: Int) async -> [PublishResolution]? {
        var resolutions: [PublishResolution] = []
        for message in unconfirmed {
            switch message.outcome {
            case .refused(.accessRefused(let text)):
                pipeline.fail(message.publication.exchange, text)
                return nil
            case .refused(.tooLarge(let size, let limit)):
                resolutions.append(.replaced(smaller(message.publication, size: size, limit: limit)))
            case .confirmed, .returned, .nacked, .refused(.exchangeNotFound):
                resolutions.append(.again)
            }
        }
        logger.warning(
            "broker refused messages, publishing them again",
            metadata: [
                LogKey.retryNumber: "\(repetitions + 1)", LogKey.taskCount: "\(unconfirmed.count)",
                LogKey.error: "\(unconfirmed[0].outcome)",
            ]
        )
        return resolutions
    }

    /// The publications that replace a message which is larger than the broker takes.
    private func smaller(_ publication: Publication, size: Int, limit: Int) -> [Publication] {
        if publication.exchange == topology.results.name, let results = try? Results(publication.message) {
            let parts = results.smaller(size: size, limit: limit)
            if !parts.isEmpty {
                return parts.map { Publication($0, topology: topology, isPersistent: publication.message.properties.isPersistent) }
            }
        } else if let smaller = publication.smaller(than: limit, topology) {
            return [smaller]
        }
        logger.error(
            "message dropped, it is larger than the broker takes", metadata: [LogKey.error: "\(size) bytes; the broker takes \(limit)"])
        return []
    }

    func outcome(ofUnsendable publication: Publication, _ error: AMQPError) async -> PublishOutcome {
        logger.error("message dropped, AMQP cannot carry it", metadata: [LogKey.error: "\(error.message)"])
        return .confirmed
    }

    func repeats(_ count: Int, after error: AMQPError, attempt: Int) async -> Bool {
        logger.warning(
            "publish failed, publishing again",
            metadata: [LogKey.retryNumber: "\(attempt)", LogKey.taskCount: "\(count)", LogKey.error: "\(error.message)"]
        )
        return true
    }

    func pause(before number: Int) async -> Bool {
        let clock = pipeline.clock
        return (try? await clock.sleep(clock.now() + backoff.delay(before: number))) != nil
    }
}
