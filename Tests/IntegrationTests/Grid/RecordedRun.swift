import Foundation
import TaskGridCore
import TaskGridWorker
import TestSupport

/// One begin of a task in a test's worker.
struct RecordedRun: Hashable, Sendable {
    let task: TaskID
    let attempt: Int
    let payload: String
    let at: Timestamp
}

extension Journal<RecordedRun> {
    /// A worker of `type` that notes each run, and then does what `body` does.
    func worker(
        _ type: TaskType, _ body: @escaping @Sendable (String, TaskContext) async throws -> String = { text, _ in text }
    ) -> any TaskWorker {
        TaskDefinition(type, input: .text, output: .text).worker { text, context in
            self.add(RecordedRun(task: context.id, attempt: context.attempt, payload: text, at: .now()))
            return try await body(text, context)
        }
    }

    /// The attempts that began, by task.
    var attempts: [TaskID: [Int]] {
        entries.reduce(into: [:]) { $0[$1.task, default: []].append($1.attempt) }
    }

    /// Waits until `count` runs have begun.
    func begun(_ count: Int) async throws { try await wait(beyond: count - 1) }
}

extension Data {
    var text: String { String(decoding: self, as: UTF8.self) }
}

extension Sequence<String> {
    var payloads: [Data] { map { Data($0.utf8) } }
}
