public import TaskGrid

extension TaskWorker {
    /// Runs one task from the bytes of its payload to those of its result, as a worker's process does.
    ///
    /// - Parameters:
    ///   - payload: the payload's bytes.
    ///   - context: the task's id, attempt and deadline; nil: the first attempt of task 1.
    /// - Throws: `TaskError(.invalidInput, …)` where the payload is no input; else what the worker throws.
    public func test(payload: Data, context: TaskContext? = nil) async throws -> Data {
        try await perform(payload, context: context ?? .test(of: type))
    }

    /// Runs one task from its input to its output, by way of their bytes.
    ///
    /// - Parameters:
    ///   - input: what a client would submit.
    ///   - context: the task's id, attempt and deadline; nil: the first attempt of task 1.
    /// - Throws: `PayloadError` where the input cannot be written, or the result is no output; else as `test(payload:context:)`.
    public func test(_ input: Input, context: TaskContext? = nil) async throws -> Output {
        try definition.output.decode(try await test(payload: try definition.input.encode(input), context: context))
    }
}

extension TaskContext {
    /// A context for a test.
    ///
    /// - Parameters:
    ///   - type: the task's type.
    ///   - id: the task's id.
    ///   - attempt: the number of the attempt, from 1.
    ///   - deadline: when the attempt would be cancelled; a test that wants that cancels its own task.
    public static func test(of type: TaskType, id: TaskID = 1, attempt: Int = 1, deadline: ContinuousClock.Instant? = nil) -> TaskContext {
        TaskContext(id: id, attempt: attempt, type: type, deadline: deadline, logger: .silent)
    }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
