import Foundation
import Postgres
import TaskGridCore
import TaskStore

/// Rows of which each is written whole: attempts, pauses, bulk actions.
extension Commit {
    /// How many attempts of a task are kept: the latest.
    static let attemptsKept: Int32 = 100

    /// Notes attempts that did not succeed; those of tasks that are not known are dropped.
    func note(_ pipeline: inout Pipeline) {
        struct Key: Hashable {
            let task: TaskID
            let number: Int
        }
        var seen = Set<Key>()
        // Of two of the same number the later one counts.
        let rows = changes.attempts.reversed().filter { seen.insert(Key(task: $0.id, number: $0.attempt.number)).inserted }
        pipeline.add(
            CommitSQL.insertAttempts, rows.map(\.id.rawValue), rows.map { $0.attempt.ended?.rawValue ?? 0 },
            rows.map(\.attempt.runTime?.microseconds), rows.map { Int32(clamping: $0.attempt.number) },
            rows.map(\.attempt.outcome.rawValue),
            rows.map { $0.attempt.worker.map(StoredText.stored) }, rows.map { $0.attempt.error.map { StoredText.stored($0.description) } })
        let trimmed = rows.filter { $0.attempt.number > Self.attemptsKept }.map(\.id.rawValue)
        if !trimmed.isEmpty { pipeline.add(CommitSQL.trimAttempts, trimmed, Self.attemptsKept) }
    }

    func pause(_ pipeline: inout Pipeline) {
        var pauses: [TaskType: Pause?] = [:]
        for pausing in changes.pauses { pauses[pausing.type] = .some(pausing.pause) }
        pipeline.add(CommitSQL.pause, pauses.keys.map(\.name), pauses.values.map { $0?.column ?? 0 })
    }

    func writeBulkActions(_ pipeline: inout Pipeline) {
        var actions: [String: BulkAction] = [:]
        for action in changes.bulkActions {
            var action = action
            action.started = actions[action.id]?.started ?? action.started
            actions[action.id] = action
        }
        let rows = Array(actions.values)
        pipeline.add(
            CommitSQL.writeBulkActions, SlotState.number, rows.map { StoredText.stored($0.id) }, rows.map(\.started.rawValue),
            rows.map { $0.ended != nil }, rows.map { JSON.encode($0) })
        pipeline.add(CommitSQL.trimBulkActions, SlotState.number, Int32(BulkAction.maximum))
    }
}

extension Pause {
    /// The column `paused` of a pause that has no end. Of another it is the end, and of a type that is not paused 0.
    private static let endless: Int64 = 1

    fileprivate var column: Int64 { until.map { max($0.rawValue, Self.endless + 1) } ?? Self.endless }

    init(column: Int64) {
        self.init(until: column == Self.endless ? nil : Timestamp(rawValue: column))
    }
}
