package import Foundation
public import TaskGridCore

/// TaskGridWorker turns code into a worker of the grid.
///
/// It owns everything between a work queue and the code that does the work: it receives tasks, runs them within bounds,
/// hands their results over before it lets go of them, says each second what it holds, and drains. Programs make
/// workers of task definitions and run a `WorkerHost`; nothing else of the grid calls it.

/// The code that runs the tasks of one definition.
///
/// Most workers are a function, made by `TaskDefinition.worker(_:)`. A worker with parts of its own is a type:
///
/// ```swift
/// struct Greeter: TaskWorker {
///     let definition = greet
///     let salutation: String
///
///     func run(_ name: String, context: TaskContext) async throws -> String { "\(salutation), \(name)!" }
/// }
/// ```
///
/// One value runs many tasks at a time. Tasks may run more than once (a worker, a connection or a broker may go away
/// under one), so what `run` does should bear repetition.
public protocol TaskWorker<Input, Output>: Sendable {
    associatedtype Input: Sendable
    associatedtype Output: Sendable

    /// The tasks that it runs: their type, and how their payloads and results are written.
    var definition: TaskDefinition<Input, Output> { get }

    /// Runs one task.
    ///
    /// It runs on threads that serve workers only, so that computing does not hold up the grid's own traffic, yet there
    /// are only as many as processor cores: wait with `await`, not by blocking.
    ///
    /// The task that calls it is cancelled when the attempt runs out of time, is cancelled by request, or outlives the
    /// drain of its worker. The attempt's end is reported at that moment. The result of `run` does not count any more, and
    /// its slot is free for another task when it returns.
    ///
    /// - Throws: `TaskError(.invalidInput, …)` where no retry can help: the task ends as failed. Any other error fails
    ///   the attempt, and the grid begins another.
    func run(_ input: Input, context: TaskContext) async throws -> Output
}

extension TaskWorker {
    /// The type whose tasks it runs.
    public var type: TaskType { definition.type }

    /// Runs a task from payload bytes to result bytes.
    ///
    /// - Throws: `invalidInput` where the payload is no input: no retry can help. `failed` where the output cannot be written. Else what
    ///   `run` throws.
    package func perform(_ payload: Data, context: TaskContext) async throws -> Data {
        let input: Input
        do throws(PayloadError) {
            input = try definition.input.decode(payload)
        } catch {
            throw TaskError(error, inputOf: type)
        }
        let output = try await run(input, context: context)
        do throws(PayloadError) {
            return try definition.output.encode(output)
        } catch {
            throw TaskError(.failed, "the result of \(type) cannot be written: \(error.message)")
        }
    }
}

extension TaskError {
    /// The error of a task whose payload is no input of its type: no retry can help.
    package init(_ error: PayloadError, inputOf type: TaskType) {
        self.init(.invalidInput, "the payload is not what \(type) takes: \(error.message)")
    }
}
