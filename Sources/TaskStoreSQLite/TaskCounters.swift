import GRDB
import TaskGridCore

/// The amounts that one commit adds to the durable counters of each type, written once at its end.
struct TaskCounters {
    private static let updateSQL: String = {
        let sums = CounterColumn.allCases.filter { $0 != .id }.map { "\($0.name) = \($0.name) + \($0.parameter)" }
        return "UPDATE type SET \(sums.joined(separator: ", ")) WHERE id = \(CounterColumn.id.parameter)"
    }()

    private var additions: [Int64: TaskCounts] = [:]
    /// How many submissions each type gets.
    private var submissions: [Int64: Int] = [:]

    /// A submission was added.
    mutating func submitted(_ count: Int, type: Int64) {
        additions[type, default: TaskCounts()].submitted += count
        submissions[type, default: 0] += 1
    }

    mutating func ended(_ state: TaskState, type: Int64) {
        additions[type, default: TaskCounts()][state] += 1
    }

    mutating func reopened(_ state: TaskState, type: Int64) {
        additions[type, default: TaskCounts()][state] -= 1
    }

    func write(to database: Database) throws {
        guard !additions.isEmpty else { return }
        let update = try BoundStatement(database, Self.updateSQL)
        for (type, counts) in additions {
            try update.bind(counts.submitted, to: CounterColumn.submitted)
            try update.bind(counts.succeeded, to: CounterColumn.succeeded)
            try update.bind(counts.failed, to: CounterColumn.failed)
            try update.bind(counts.cancelled, to: CounterColumn.cancelled)
            try update.bind(counts.expired, to: CounterColumn.expired)
            try update.bind(counts.submitted + (submissions[type] ?? 0), to: CounterColumn.kept)
            try update.bind(type, to: CounterColumn.id)
            try update.run()
        }
    }
}
