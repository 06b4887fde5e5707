import Foundation
public import TaskGridCore

/// TaskGridWorker turns code into a worker of the grid.
///
/// It owns everything between a work queue and the code that does the work: it receives tasks, runs them within bounds,
/// hands their results over before it lets go of them, says each second what it holds, and drains. Programs implement
/// `TaskWorker` and run a `WorkerHost`; nothing else of the grid calls it.

/// The code that runs tasks of one type.
///
/// One value runs many tasks at a time. Tasks may run more than once (a worker, a connection or a broker may go away
/// under one), so what `run` does should bear repetition.
public protocol TaskWorker<Input, Output>: Sendable {
    associatedtype Input: TaskInput
    associatedtype Output: TaskOutput

    /// The type whose tasks it runs.
    var type: TaskType { get }

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
    ///   the attempt, and the grid tries again.
    func run(_ input: Input, context: TaskContext) async throws -> Output
}

extension TaskWorker {
    /// Runs a task from payload bytes to result bytes.
    func perform(_ payload: Data, context: TaskContext) async throws -> Data {
        try await run(try Input(payload: payload), context: context).payload
    }
}
