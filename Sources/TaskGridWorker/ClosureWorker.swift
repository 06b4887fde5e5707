public import TaskGridCore

/// A worker that is one function.
///
///     let greet = ClosureWorker(type) { (name: String, _) in "hello \(name)" }
public struct ClosureWorker<Input: TaskInput, Output: TaskOutput>: TaskWorker {
    public let type: TaskType
    private let body: @Sendable (Input, TaskContext) async throws -> Output

    public init(_ type: TaskType, _ body: @escaping @Sendable (Input, TaskContext) async throws -> Output) {
        self.type = type
        self.body = body
    }

    public func run(_ input: Input, context: TaskContext) async throws -> Output {
        try await body(input, context)
    }
}
