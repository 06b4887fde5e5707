import TaskGridCore
import TaskStore

/// A command within a turn's plan.
struct PlannedCommand {
    /// The change that decides the outcome for a task.
    enum Step {
        /// - Parameter state: the task's in the store, if it is not handed out.
        case ending(Ticket<NewEnding>, from: TaskState?)
        case reopening(Ticket<Reopening>)
    }

    let command: AdminCommand
    /// One for each task; those with a step are only known once the plan is committed.
    var outcomes: [CommandOutcome] = []
    var steps: [Int: Step] = [:]

    init(_ command: AdminCommand) {
        self.command = command
    }

    mutating func add(_ id: TaskID, _ outcome: CommandOutcome.Kind, state: TaskState? = nil) {
        outcomes.append(CommandOutcome(id: id, outcome: outcome, state: state))
    }

    /// The change is planned; until it is committed it counts as not done.
    mutating func add(_ id: TaskID, _ step: Step, state: TaskState) {
        steps[outcomes.count] = step
        add(id, .refused, state: state)
    }
}
