import AMQP
import TaskGridCore

/// What somebody asked to be done with tasks: it is done in the dispatcher's next turn, in one transaction with everything
/// else, and answered once that is durable and nothing else is owed to the broker.
struct AdminCommand: Sendable {
    enum Kind: Sendable {
        case cancel, retry, pause, resume, forget
    }

    let kind: Kind
    let tasks: [TaskID]
    /// Where the search that found the tasks goes on.
    var next: TaskID?
    /// What is to be paused, resumed or forgotten.
    var types: [TaskType] = []
    let query: Message
    /// Whom to answer.
    let replyTo: String
}
