public import TaskGridCore

/// A task that ended as `failed`, `cancelled` or `expired` is to be done again: it waits for its due time with its attempt's
/// number kept, no failures, no error and no expiry.
public struct Reopening: Hashable, Sendable {
    public var id: TaskID
    public var due: Timestamp

    public init(id: TaskID, due: Timestamp) {
        self.id = id
        self.due = due
    }
}

/// What came of a reopening.
public enum Reopened: Hashable, Sendable {
    /// It had ended in this state, and is scheduled now.
    case done(TaskType, from: TaskState)
    /// It stands so, and was left so: open, or succeeded.
    case refused(TaskState)
    /// The store does not know it (any more).
    case unknown
}
