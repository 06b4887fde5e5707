package import TaskGridCore

/// A task that ended as `failed`, `cancelled` or `expired` is to be done again, as soon as there is room: it is pending and goes
/// before all others, with its attempt's number kept, no failures, no error and no expiry.
package struct Reopening: Hashable, Sendable {
    package var id: TaskID

    package init(id: TaskID) {
        self.id = id
    }
}

/// The outcome of a reopening.
package enum Reopened: Hashable, Sendable {
    /// It had ended in this state, and is pending now.
    case done(TaskType, from: TaskState)
    /// It is in this state and was left in it: it is open, or succeeded.
    case refused(TaskState)
    /// The store does not know it (any more).
    case unknown
}
