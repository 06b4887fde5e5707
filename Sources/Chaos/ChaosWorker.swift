package import Foundation
package import TaskGridCore
package import TaskGridWorker

/// The worker of a chaos run: notes that it begins, waits, and answers.
package struct ChaosWorker: TaskWorker {
    /// The variable of the environment that holds the journal's path.
    package static let variable = "TASKGRID_CHAOS_JOURNAL"

    package let definition = TaskDefinition(NumberedTask.type, input: .bytes, output: .bytes)
    private let journal: ExecutionJournal

    /// - Throws: `POSIXError` where the journal cannot be opened.
    package init(journal path: String) throws {
        journal = try ExecutionJournal(path: path)
    }

    package func run(_ payload: Data, context: TaskContext) async throws -> Data {
        let task = try NumberedTask(payload: payload)
        try journal.begin(task.number, id: context.id, attempt: context.attempt)
        try await Task.sleep(for: .milliseconds(task.milliseconds))
        return task.isLarge ? Data(count: 2 * ChaosConfiguration.maximumMessageSize) : task.answer
    }
}
