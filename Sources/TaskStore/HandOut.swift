package import Foundation
package import TaskGridCore

/// A task taken from the store to be handed out.
package struct HandOut: Hashable, Sendable {
    /// Its `attempt` is the number of this hand-out.
    package var task: OpenTask
    package var payload: Data
    /// The due time that it had, and that has come; nil: it was pending.
    package var due: Timestamp?

    package init(task: OpenTask, payload: Data, due: Timestamp? = nil) {
        self.task = task
        self.payload = payload
        self.due = due
    }

    package var wasScheduled: Bool { due != nil }

    /// Since when it could run; nil where that is not known, of a task that was put back to run at once.
    package var readySince: Timestamp? { due ?? (task.attempt == 1 ? task.created : nil) }
}
