public import TaskGridCore

/// A worker that is one function.
public struct ClosureWorker<Input: Sendable, Output: Sendable>: TaskWorker {
    public let definition: TaskDefinition<Input, Output>
    private let body: @Sendable (Input, TaskContext) async throws -> Output

    init(_ definition: TaskDefinition<Input, Output>, _ body: @escaping @Sendable (Input, TaskContext) async throws -> Output) {
        self.definition = definition
        self.body = body
    }

    public func run(_ input: Input, context: TaskContext) async throws -> Output {
        try await body(input, context)
    }
}

extension TaskDefinition {
    /// A worker of these tasks that is one function.
    ///
    ///     greet.worker { name, context in "Hello, \(name)!" }
    ///
    /// - Parameter run: runs one task, as `TaskWorker.run(_:context:)` describes.
    public func worker(_ run: @escaping @Sendable (Input, TaskContext) async throws -> Output) -> ClosureWorker<Input, Output> {
        ClosureWorker(self, run)
    }
}
