public import TaskGridCore

/// The state of a task in the store, without its payload and result.
public struct StoredState: Hashable, Sendable {
    public var id: TaskID
    public var type: TaskType
    public var state: TaskState
    /// The number of the latest hand-out; 0 before the first.
    public var attempt: Int

    public init(id: TaskID, type: TaskType, state: TaskState, attempt: Int) {
        self.id = id
        self.type = type
        self.state = state
        self.attempt = attempt
    }
}
