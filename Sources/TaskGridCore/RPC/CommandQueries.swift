/// Ends tasks that have not ended, as cancelled. Asking again does no harm: the answer is then that they have ended.
package struct CancelQuery: Query, Hashable {
    package static let name = "cancel"
    package static let service = Topology.Service.dispatcher
    package static let maximumTasks = 1000

    /// Up to 1000.
    package var tasks: [TaskID]

    package init(tasks: [TaskID]) {
        self.tasks = tasks
    }

    package typealias Answer = CommandAnswer
}

/// Hands out again tasks that ended without success: those named, or those that a filter means, the newest first.
package struct RetryQuery: Query, Hashable {
    package static let name = "retry"
    package static let service = Topology.Service.dispatcher
    package static let maximumTasks = 1000

    /// Up to 1000; nil where the filter says which.
    package var tasks: [TaskID]?
    /// Selects tasks where none are named; without a state those that failed, and never those that succeeded.
    package var filter: TaskFilter?
    /// With a filter: only tasks with a lower id, the `next` of the answer before.
    package var before: TaskID?

    package init(tasks: [TaskID]) {
        self.tasks = tasks
    }

    package init(matching filter: TaskFilter, before: TaskID? = nil) {
        self.filter = filter
        self.before = before
    }

    package typealias Answer = CommandAnswer
}

/// The outcome of an admin command.
public struct CommandAnswer: Codable, Sendable, Hashable {
    /// One for each task that was asked for, or found.
    public var tasks: [CommandOutcome]
    /// The place where the search of a filter goes on, as the `before` of the next query; nil: it is done.
    public var next: TaskID?

    public init(tasks: [CommandOutcome], next: TaskID? = nil) {
        self.tasks = tasks
        self.next = next
    }
}

/// The outcome of an admin command for one task.
public struct CommandOutcome: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable {
        /// It was done.
        case done
        /// The task's state does not allow it; nothing was changed.
        case refused
        /// The store does not know the task (any more).
        case unknown
    }

    public var id: TaskID
    public var outcome: Kind
    /// Of a task that is known: its state when the command came.
    public var state: TaskState?

    public init(id: TaskID, outcome: Kind, state: TaskState? = nil) {
        self.id = id
        self.outcome = outcome
        self.state = state
    }
}
