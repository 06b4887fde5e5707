import AMQP
import TaskGridCore

/// A delivery of the submit or results queue, read: before the turn that takes it up, so that one is read while another is
/// being committed.
struct Arrival: Sendable {
    enum Content: Sendable {
        case submission(Submission)
        case results(Results)
        /// For the dead, and why; with the attempts that a result that cannot be read speaks of.
        case unreadable(Message, queue: String, WireError, Results?)
    }

    let tag: DeliveryTag
    /// Bytes of the body.
    let size: Int
    let content: Content

    init(_ delivery: Delivery, _ topology: Topology) {
        tag = delivery.tag
        size = delivery.message.body.count
        do throws(WireError) {
            content =
                delivery.queue == topology.resultsQueue.name
                ? .results(try Results(delivery.message)) : .submission(try Submission(delivery.message))
        } catch {
            let results = delivery.queue == topology.resultsQueue.name ? Results(unreadable: delivery.message, because: error) : nil
            content = .unreadable(delivery.message, queue: delivery.queue, error, results)
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
