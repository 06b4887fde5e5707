public import Foundation
public import TaskGridCore

/// The input of a worker, made from a task's payload.
public protocol TaskInput: Sendable {
    /// - Throws: `invalidInput` where the bytes are not such a value: the task ends, because no retry can help.
    init(payload: Data) throws(TaskError)
}

/// The output of a worker, turned into a task's result.
public protocol TaskOutput: Sendable {
    /// The bytes of the result.
    var payload: Data { get throws(TaskError) }
}

extension Data: TaskInput, TaskOutput {
    public init(payload: Data) { self = payload }

    public var payload: Data { self }
}

extension String: TaskInput, TaskOutput {
    /// - Throws: `invalidInput` where the bytes are no UTF-8.
    public init(payload: Data) throws(TaskError) {
        guard let text = String(validating: payload, as: UTF8.self) else {
            throw TaskError(.invalidInput, "the payload is no UTF-8 text")
        }
        self = text
    }

    public var payload: Data { Data(utf8) }
}
