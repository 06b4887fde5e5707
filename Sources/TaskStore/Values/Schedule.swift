public import TaskGridCore

/// An open task is to be handed out (again), apart from the cursor: at its own time, until which it is scheduled, or as soon as
/// there is room, as a pending one that goes before all others. A later one of the same task replaces it;
/// one of a task that has ended or is not known changes nothing.
public struct Schedule: Hashable, Sendable {
    public var id: TaskID
    public var type: TaskType
    /// The number of the latest hand-out; the store never goes back behind one that it knows of.
    public var attempt: Int
    public var failures: Int
    public var interruptions: Int
    /// nil: as soon as there is room.
    public var due: Timestamp?
    /// Why the latest attempt did not end the task.
    public var error: TaskError?

    public init(
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
