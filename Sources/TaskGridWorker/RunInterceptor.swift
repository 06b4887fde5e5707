public import Foundation
import TaskGridCore

/// Code around the run of tasks in a worker, such as tracing, metrics or encryption.
///
/// Interceptors stand around the worker in the order of their list: the first one is the outermost, so it sees a payload first and a
/// result last. Those of a program (`WorkerHost`, `Grid.runWorkers`) stand around those of a single worker
/// (`TaskWorker.intercepted(by:)`). The innermost one stands around decoding, `run` and encoding.
///
/// ```swift
/// struct Timing: RunInterceptor {
///     func intercept(_ payload: Data, context: TaskContext, next: NextRun) async throws -> Data {
///         let begin = ContinuousClock.now
///         defer { context.logger.info("ran", metadata: ["time": "\(begin.duration(to: .now))"]) }
///         return try await next(payload, context)
///     }
/// }
/// ```
public protocol RunInterceptor: Sendable {
    /// Runs an attempt, by way of the interceptors inside of this one.
    typealias NextRun = @Sendable (Data, TaskContext) async throws -> Data

    /// Runs one attempt of a task, by way of `next` most often.
    ///
    /// - Parameters:
    ///   - payload: the payload, as the interceptor outside of this one has passed it on.
    ///   - context: the task's.
    ///   - next: runs the interceptors inside of this one, and then the worker.
    /// - Returns: the bytes of the result.
    /// - Throws: an error that counts as the worker's own.
    func intercept(_ payload: Data, context: TaskContext, next: NextRun) async throws -> Data
}

extension TaskWorker {
    /// The worker with interceptors around it, the first one outermost.
    public func intercepted(by interceptors: [any RunInterceptor]) -> any TaskWorker {
        interceptors.isEmpty ? self : InterceptedWorker(worker: self, interceptors: interceptors)
    }
}

/// A worker with interceptors around it.
struct InterceptedWorker: TaskWorker {
    let worker: any TaskWorker
    let interceptors: [any RunInterceptor]

    var definition: TaskDefinition<Data, Data> { TaskDefinition(worker.type, input: .bytes, output: .bytes) }

    func run(_ payload: Data, context: TaskContext) async throws -> Data {
        try await run(payload, context, from: 0)
    }

    private func run(_ payload: Data, _ context: TaskContext, from index: Int) async throws -> Data {
        guard index < interceptors.count else { return try await worker.perform(payload, context: context) }
        return try await interceptors[index].intercept(payload, context: context) { payload, context in
            try await run(payload, context, from: index + 1)
        }
    }
}
