import AMQP
import TaskGridCore

/// A command that somebody gave about tasks: it is done in the dispatcher's next turn, in one transaction with everything
/// else, and answered once that is durable and nothing else is owed to the broker.
struct AdminCommand: Sendable {
    enum Kind: Sendable {
        case cancel, retry, pause, resume, forget
    }

    let kind: Kind
    let tasks: [TaskID]
    /// The id at which the search that found the tasks goes on.
    var next: TaskID?
    /// The type that is to be paused, resumed or forgotten.
    var types: [TaskType] = []
    let query: Message
    /// Whom to answer.
    let replyTo: String
}
