import AMQP
import TaskGridCore
import TaskStore

/// The changes that one turn writes in one transaction, and the messages that it publishes once they are durable.
struct Plan {
    var changes = StoreChanges()
    private(set) var submissions: [Ticket<NewSubmission>] = []
    private(set) var ended: [PlannedEnding] = []
    private(set) var takes: [Ticket<Take>] = []
    var forgettings: [Ticket<Forgetting>] = []
    /// The messages that do not depend on the store's answers, such as dead letters.
    var publications: [Publication] = []
    /// Rejections that do not depend on the store's answers.
    var rejections: [Publication] = []
    /// Types whose work queue is gone or unbound though workers of theirs live.
    var unroutable: Set<TaskType> = []
    /// Types whose work queue the dispatcher is to declare, because workers of theirs have come.
    var served: Set<TaskType> = []
    /// The admin commands that the turn carries out.
    var commands: [PlannedCommand] = []
    var pauses: [PlannedPause] = []
    var forgets: [PlannedForget] = []
    var bulkAnswers: [PlannedBulkAnswer] = []
    /// More is to be taken from the store than one turn takes.
    var isCut = false
    /// Attempts that workers are told to end, by the routing key under which they listen.
    private(set) var cancels: [String: [RegistryMessage.Held]] = [:]
    /// Tasks that the plan may add to a type queue's window, counted in ``TypeQueue/promised`` until it is settled.
    private(set) var promised: [TaskType: Int] = [:]
    /// Submissions whose tasks the plan leaves waiting, counted in ``TypeQueue/feeds`` until it is settled.
    private(set) var feeds: [TaskType: Int] = [:]

    mutating func promise(_ count: Int, of typeQueue: TypeQueue) {
        promised[typeQueue.type, default: 0] += count
        typeQueue.promised += count
    }

    mutating func feed(_ typeQueue: TypeQueue) {
        feeds[typeQueue.type, default: 0] += 1
        typeQueue.feeds += 1
        typeQueue.hasBacklog = true
    }

    mutating func accept(_ new: NewSubmission) {
        submissions.append(changes.accept(new))
    }

    mutating func take(_ take: Take) {
        takes.append(changes.take(take))
    }

    @discardableResult
    mutating func end(_ task: consuming HandedTask, with ending: consuming NewEnding) -> Ticket<NewEnding> {
        let ticket = changes.end(ending)
        ended.append(PlannedEnding(task: task, ticket: ticket))
        return ticket
    }

    /// Workers that listen under `key` are told to end these attempts.
    mutating func cancel(_ attempts: [RegistryMessage.Held], under key: String) {
        cancels[key, default: []] += attempts
    }

    /// The store does not accept now: only what was accepted before goes on.
    mutating func removeSubmissionsAndTakes() {
        changes.removeSubmissionsAndTakes()
        submissions = []
        takes = []
    }
}

/// The end of a task within a turn's plan.
struct PlannedEnding {
    /// As it was handed out.
    let task: HandedTask
    let ticket: Ticket<NewEnding>
}
