import AMQP
import Foundation
import Logging
import TaskGridCore

/// Publishes until the broker has taken it: what the nameservice says is said again where its outcome is unknown.
struct Outbox: Sendable {
    /// How long one try waits for the broker, and so how long a shutdown may wait for a try.
    private static let patience = Duration.seconds(5)
    private static let backoff = Backoff(base: .milliseconds(100), ceiling: .seconds(5))

    let connection: Connection
    let logger: Logger

    /// Publishes, again and again where need be.
    ///
    /// - Returns: false where it was given up, for the task was cancelled or the connection closed here. A message that
    ///   AMQP cannot carry is left out and logged.
    func publish(_ publications: [Publication]) async -> Bool {
        var rest = publications
        var tries = 0
        while !rest.isEmpty {
            tries += 1
            do {
                let outcomes = try await connection.publish(rest, within: Self.patience)
                let refused = zip(rest, outcomes).filter { $1 != .confirmed }
                rest = refused.compactMap { publication, outcome in
                    guard case .refused(.tooLarge(_, let limit)) = outcome else { return publication }
                    return smaller(publication, limit)
                }
                if rest.isEmpty { return true }
                let cause = refused.first.map { "\($1)" } ?? ""
                logger.warning(
                    "broker refused messages; publishing them again", metadata: ["amqp.messages": "\(rest.count)", "error": "\(cause)"])
            } catch {
                switch error.code {
                case .closed:
                    return false
                case .badMessage where rest.count > 1:
                    // One bad message makes the binding refuse the whole batch: each goes alone.
                    for publication in rest {
                        guard await publish([publication]) else { return false }
                    }
                    return true
                case .badMessage:
                    logger.error("message dropped: AMQP cannot carry it", metadata: ["error": "\(error)"])
                    return true
                default:
                    logger.warning("publish failed; trying again", metadata: ["error": "\(error)", "amqp.messages": "\(rest.count)"])
                }
            }
            do {
                try await Task.sleep(for: Self.backoff.delay(before: tries))
            } catch {
                return false
            }
        }
        return true
    }

    /// What is said in place of a message that is larger than the broker takes; nil where there is no less to say.
    private func smaller(_ publication: Publication, _ limit: Int) -> Publication? {
        var smaller = publication
        if AnswerMessage.isAnswer(publication.message) {
            smaller.message = AnswerMessage.replacing(publication.message, because: "the broker takes \(limit) bytes at most")
        } else {
            smaller.message.body = Data()
        }
        guard smaller.message.body.count <= limit else {
            logger.error("message dropped: larger than the broker takes", metadata: ["amqp.exchange": "\(publication.exchange)"])
            return nil
        }
        return smaller
    }
}
