public import Foundation
public import TaskGridCore

/// The end of a task. Only the first one of a task counts.
public struct NewEnding: Hashable, Sendable {
    public var id: TaskID
    public var type: TaskType
    /// The task's priority, by which its open row is found; where it is not known, or wrong, it is looked up.
    public var priority: Int?
    /// A terminal state; another one is refused as `badRequest`.
    public var state: TaskState
    /// What the worker returned; kept where the state is `succeeded`.
    public var result: Data
    public var error: TaskError?
    /// The worker that ended it; empty where none did.
    public var worker: String
    public var attempt: Int
    /// How long the last attempt ran; kept in whole microseconds.
    public var runTime: Duration
    public var completed: Timestamp

    public init(
        id: TaskID, type: TaskType, priority: Int? = nil, state: TaskState, result: Data = Data(), error: TaskError? = nil,
        worker: String = "", attempt: Int,
        runTime: Duration = .zero, completed: Timestamp
    ) {
        self.id = id
        self.type = type
        self.priority = priority
        self.state = state
        self.result = result
        self.error = error
        self.worker = worker
        self.attempt = attempt
        self.runTime = runTime
        self.completed = completed
    }
}
