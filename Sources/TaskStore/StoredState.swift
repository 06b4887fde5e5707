package import TaskGridCore

/// The state of a task in the store, without its payload and result.
package struct StoredState: Hashable, Sendable {
    package var id: TaskID
    package var type: TaskType
    package var state: TaskState
    /// The number of the latest hand-out; 0 before the first.
    package var attempt: Int

    package init(id: TaskID, type: TaskType, state: TaskState, attempt: Int) {
        self.id = id
        self.type = type
        self.state = state
        self.attempt = attempt
    }
}
