public import Foundation
public import TaskGridCore
public import TaskGridWorker

/// The worker of a chaos run: notes that it begins, waits, and answers.
public struct ChaosWorker: TaskWorker {
    /// The variable of the environment that holds the journal's path.
    public static let variable = "TASKGRID_CHAOS_JOURNAL"

    public let type = NumberedTask.type
    private let journal: ExecutionJournal

    /// - Throws: `POSIXError` where the journal cannot be opened.
    public init(journal path: String) throws {
        journal = try ExecutionJournal(path: path)
    }

    public func run(_ payload: Data, context: TaskContext) async throws -> Data {
        let task = try NumberedTask(payload: payload)
        try journal.begin(task.number, id: context.id, attempt: context.attempt)
        try await Task.sleep(for: .milliseconds(task.milliseconds))
        return task.isLarge ? Data(count: 2 * ChaosConfiguration.maximumMessageSize) : task.answer
    }
}
