package import TaskGridCore

/// An open task is to be handed out (again), at its own time, until which it is scheduled, or as soon as
/// there is room, as a pending one that goes before all others. A later one of the same task replaces it;
/// one of a task that has ended or is not known changes nothing.
package struct Schedule: Hashable, Sendable {
    package var id: TaskID
    package var type: TaskType
    /// The number of the latest hand-out; the store never goes back behind one that it knows of.
    package var attempt: Int
    package var failures: Int
    package var interruptions: Int
    /// nil: as soon as there is room.
    package var due: Timestamp?
    /// Why the latest attempt did not end the task.
    package var error: TaskError?

    package init(
        id: TaskID, type: TaskType, attempt: Int, failures: Int = 0, interruptions: Int = 0, due: Timestamp?, error: TaskError? = nil
    ) {
        self.id = id
        self.type = type
        self.attempt = attempt
        self.failures = failures
        self.interruptions = interruptions
        self.due = due
        self.error = error
    }
}
