package import TaskGridCore

/// An attempt that did not succeed, for its task's history. How the last one succeeded is told by the task's ending.
package struct EndedAttempt: Hashable, Sendable {
    package var id: TaskID
    package var attempt: Attempt

    package init(id: TaskID, attempt: Attempt) {
        self.id = id
        self.attempt = attempt
    }
}
