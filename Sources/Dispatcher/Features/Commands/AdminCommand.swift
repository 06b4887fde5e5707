import AMQP
import Foundation
import TaskGridCore

/// A command that somebody gave about tasks: it is done in the dispatcher's next turn, in one transaction with everything
/// else, and answered once that is durable and nothing else is owed to the broker.
struct AdminCommand: Sendable {
    enum Kind: Hashable, Sendable {
        case cancel, retry, resume, forget
        /// For a time; nil: until the types are resumed.
        case pause(time: Duration?)
        case startBulk(BulkAction)
        case stopBulk(id: String)
        case ask(worker: String, WorkerRequest)
    }

    let kind: Kind
    let tasks: [TaskID]
    /// The id at which the search that found the tasks goes on.
    var next: TaskID?
    /// The type that is to be paused, resumed or forgotten.
    var types: [TaskType] = []
    /// The bulk action of which it is a step: nobody waits for an answer.
    var step: BulkStep?
    var query = Message(properties: BasicProperties(), body: Data())
    /// The user that has given it, by whose rights the turn goes; nil: a step of a bulk action, whose filter was checked when it began.
    var user: String? { step == nil ? query.properties.userID : nil }
    /// The id of the client that gets the answer; nil: nobody does.
    var replyTo: String?
}
