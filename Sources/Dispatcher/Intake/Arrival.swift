import AMQP
import TaskGridCore

/// A delivery of the submit or results queue, read: before the turn that takes it up, so that one is read while another is
/// being committed.
struct Arrival: Sendable {
    enum Content: Sendable {
        case submission(Submission)
        case results(Results)
        /// Goes to the dead-letter queue; with the attempts that an unreadable result names.
        case unreadable(Message, queue: String, because: WireError, results: Results?)
    }

    let tag: DeliveryTag
    /// Bytes of the body.
    let size: Int
    let content: Content

    init(_ delivery: Delivery, _ topology: Topology) {
        tag = delivery.tag
        size = delivery.message.body.count
        do throws(WireError) {
            try delivery.message.properties.checkNoActor()
            if delivery.queue == topology.resultsQueue.name {
                var results = try Results(delivery.message)
                try results.type.check(routingKey: delivery.routingKey)
                try delivery.message.properties.check(owner: results.worker, "app-id")
                results.user = try delivery.message.properties.publisher()
                content = .results(results)
            } else {
                var submission = try Submission(delivery.message)
                try submission.type.check(routingKey: delivery.routingKey)
                submission.user = try delivery.message.properties.publisher()
                submission.isRedelivered = delivery.isRedelivered
                if let client = submission.client { try delivery.message.properties.check(owner: client, "reply-to") }
                submission.fingerprint = submission.fingerprint ?? Fingerprint(submission)
                content = .submission(submission)
            }
        } catch {
            // One that contradicts itself, or is somebody else's, says nothing of any attempt.
            let isOfAttempts = delivery.queue == topology.resultsQueue.name && error.code != .typeMismatch && error.code != .wrongUser
            var results = isOfAttempts ? Results(unreadable: delivery.message, because: error) : nil
            results?.user = try? delivery.message.properties.publisher()
            content = .unreadable(delivery.message, queue: delivery.queue, because: error, results: results)
        }
    }

    /// How many tasks it concerns; 1 where it concerns none.
    var taskCount: Int {
        switch content {
        case .submission(let submission): max(1, submission.tasks.count)
        case .results(let results): max(1, results.items.count)
        case .unreadable: 1
        }
    }
}
