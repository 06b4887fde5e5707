public import TaskGridCore

/// An attempt that did not succeed, for its task's history. How the last one succeeded is told by the task's ending.
public struct EndedAttempt: Hashable, Sendable {
    public var id: TaskID
    public var attempt: Attempt

    public init(id: TaskID, attempt: Attempt) {
        self.id = id
        self.attempt = attempt
    }
}
