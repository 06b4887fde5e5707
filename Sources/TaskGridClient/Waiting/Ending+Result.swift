public import Foundation
public import TaskGridCore

extension Ending {
    /// The task's result.
    ///
    /// - Throws: why it has none.
    public func get() throws(TaskError) -> Data {
        guard state == .succeeded else { throw error ?? TaskError(.failed, "ended \(state)") }
        return result
    }

    /// The ending that a task's record tells of; nil where it has not ended.
    init?(_ record: TaskRecord) {
        guard record.status.isTerminal else { return nil }
        self.init(
            id: record.id, state: record.status, result: record.result ?? Data(), error: record.error, attempt: record.attempt,
            worker: record.worker ?? "", runTime: record.runTime ?? .zero
        )
    }
}
