package import TaskGridCore

/// The amounts that one commit adds to the durable counters of each type, which the store writes once, at the end of the commit. The store
/// knows types by numbers.
package struct TaskCounters<TypeNumber: Hashable> {
    package private(set) var additions: [TypeNumber: TaskCounts] = [:]
    /// How many submissions each type gets.
    private var submissions: [TypeNumber: Int] = [:]

    package init() {}

    /// A submission was added.
    package mutating func submitted(_ count: Int, type: TypeNumber) {
        additions[type, default: TaskCounts()].submitted += count
        submissions[type, default: 0] += 1
    }

    package mutating func ended(_ state: TaskState, type: TypeNumber) {
        additions[type, default: TaskCounts()][state] += 1
    }

    package mutating func reopened(_ state: TaskState, type: TypeNumber) {
        additions[type, default: TaskCounts()][state] -= 1
    }

    /// How many rows are added for a type: its tasks, and its submissions.
    package func kept(_ type: TypeNumber) -> Int { (additions[type]?.submitted ?? 0) + (submissions[type] ?? 0) }
}
