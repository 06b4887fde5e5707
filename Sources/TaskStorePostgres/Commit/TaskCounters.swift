import Postgres
import TaskGridCore

/// The amounts that one commit adds to the durable counters of each type, written once at its end.
struct TaskCounters {
    private var additions: [Int32: TaskCounts] = [:]
    /// How many submissions each type gets.
    private var submissions: [Int32: Int] = [:]

    /// A submission was added.
    mutating func submitted(_ count: Int, type: Int32) {
        additions[type, default: TaskCounts()].submitted += count
        submissions[type, default: 0] += 1
    }

    mutating func ended(_ state: TaskState, type: Int32) {
        additions[type, default: TaskCounts()][state] += 1
    }

    mutating func reopened(_ state: TaskState, type: Int32) {
        additions[type, default: TaskCounts()][state] -= 1
    }

    func write(to pipeline: inout Pipeline) {
        guard !additions.isEmpty else { return }
        // In one order, so that transactions of two slots never wait for each other in a circle.
        let added = additions.sorted { $0.key < $1.key }
        func column(_ count: (TaskCounts) -> Int) -> [Int64] { added.map { Int64(count($0.value)) } }
        pipeline.add(
            CommitSQL.addCounters, SlotState.number, added.map(\.key), column(\.submitted), column(\.succeeded), column(\.failed),
            column(\.cancelled), column(\.expired), added.map { Int64($0.value.submitted + (submissions[$0.key] ?? 0)) })
    }
}
