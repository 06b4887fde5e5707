import TaskGridCore

/// How many workers hold a lease.
struct ActiveWorkers {
    var all = 0
    /// Of each type that is served. A worker of several types counts for each.
    var byType: [TaskType: Int] = [:]

    subscript(type: TaskType) -> Int { byType[type, default: 0] }
}
