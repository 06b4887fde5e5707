import AMQP
import TaskGridCore

/// Submissions on their way: those that travel in one message, under one key, until the dispatcher answers.
///
/// Its payloads and key never change once it is made, so that repeating it cannot have it accepted twice.
struct InFlightSubmission: Sendable {
    enum Stage: Hashable, Sendable {
        /// Handed to the connection; its confirm has not come.
        case publishing
        /// In the dispatcher's queue since then; the dispatcher has not answered.
        case unanswered(since: ContinuousClock.Instant)
        /// To be published again at that time.
        case waiting(until: ContinuousClock.Instant)
    }

    let correlation: String
    let key: String
    let type: TaskType
    let submissions: [PendingSubmission]
    /// Whether nobody else may use the key: a UUID of this client's.
    let isKeyUnique: Bool
    var stage = Stage.publishing
    /// Callers that stopped waiting.
    var abandoned: Set<PendingSubmission.ID> = []
    /// Times that it was published.
    var publishCount = 1
    /// Copies that the dispatcher has, may have or will get, and has not answered.
    var copies = 0
    /// The latest failure.
    var cause: ClientError?
    /// Whether the broker has taken it once, or may have.
    var mayHaveArrived = false
    /// Whether a publish before may yet be under way in the connection.
    var isPublishUnknown = false

    var count: Int { submissions.reduce(0) { $0 + $1.tasks.count } }
    var isWatched: Bool { submissions.contains { $0.watch != nil } }
    /// When the last of its callers gives up.
    var deadline: ContinuousClock.Instant { submissions.reduce(submissions[0].deadline) { max($0, $1.deadline) } }
    var isForgotten: Bool { abandoned.count == submissions.count }

    func publication(client: String, exchange: String, now: ContinuousClock.Instant) -> Publication {
        let tasks = submissions.flatMap { $0.tasks(at: now) }
        var submission = Submission(
            form: tasks.count == 1 ? .single : .batch, type: type, key: key, client: client, correlation: correlation, tasks: tasks
        )
        submission.fingerprint = Fingerprint(submission)
        // A mandatory message needs an id that no other unconfirmed one has: it then comes back at once where no
        // dispatcher has ever declared the queue.
        return Publication(
            exchange: exchange, routingKey: type.name, message: submission.message(), isMandatory: isKeyUnique && !isPublishUnknown
        )
    }
}
