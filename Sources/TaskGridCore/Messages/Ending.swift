public import Foundation

/// How one task ended.
public struct Ending: Hashable, Sendable {
    public var id: TaskID
    /// A terminal state.
    public var state: TaskState
    public var result: Data
    public var error: TaskError?
    public var attempt: Int
    public var worker: String
    /// How long its last attempt ran.
    public var runTime: Duration

    public init(
        id: TaskID, state: TaskState, result: Data = Data(), error: TaskError? = nil, attempt: Int = 0, worker: String = "",
        runTime: Duration = .zero
    ) {
        self.id = id
        self.state = state
        self.result = result
        self.error = error
        self.attempt = attempt
        self.worker = worker
        self.runTime = runTime
    }
}
