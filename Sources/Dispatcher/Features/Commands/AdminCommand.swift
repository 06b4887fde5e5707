import AMQP
import TaskGridCore
import TaskStore

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

/// A command within a turn's plan.
struct PlannedCommand {
    /// The change that decides the outcome for a task.
    enum Step {
        /// - Parameter stood: where the task stood in the store, if it is not handed out.
        case ending(Ticket<NewEnding>, stood: TaskState?)
        case reopening(Ticket<Reopening>)
    }

    let command: AdminCommand
    /// One for each task; those with a step are only known once the plan is committed.
    var outcomes: [CommandOutcome] = []
    var steps: [Int: Step] = [:]

    mutating func add(_ id: TaskID, _ outcome: CommandOutcome.Kind, _ state: TaskState? = nil) {
        outcomes.append(CommandOutcome(id: id, outcome: outcome, state: state))
    }

    /// The change is planned; until it is committed it counts as not done.
    mutating func add(_ id: TaskID, _ state: TaskState, _ step: Step) {
        steps[outcomes.count] = step
        add(id, .refused, state)
    }
}
