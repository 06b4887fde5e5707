package import Foundation
package import TaskGridCore

/// The end of a task. Only the first one of a task counts.
package struct NewEnding: Hashable, Sendable {
    package var id: TaskID
    package var type: TaskType
    /// A terminal state; another one is refused as `badRequest`.
    package var state: TaskState
    /// The bytes that the worker returned; kept if the state is `succeeded`.
    package var result: Data
    package var error: TaskError?
    /// The worker that ended it; empty where none did.
    package var worker: String
    package var attempt: Int
    /// How long the last attempt ran; kept in whole microseconds.
    package var runTime: Duration
    package var completed: Timestamp

    package init(
        id: TaskID, type: TaskType, state: TaskState, result: Data = Data(), error: TaskError? = nil,
        worker: String = "", attempt: Int,
        runTime: Duration = .zero, completed: Timestamp
    ) {
        self.id = id
        self.type = type
        self.state = state
        self.result = result
        self.error = error
        self.worker = worker
        self.attempt = attempt
        self.runTime = runTime
        self.completed = completed
    }
}
