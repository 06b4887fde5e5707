import TaskGridCore

/// Types of which the store knows more than the turns could tell.
struct StaleTypes {
    /// How many of their tasks wait is not known.
    var counters: Set<TaskType> = []
    /// When their next scheduled task is due is not known.
    var dues: Set<TaskType> = []
    /// The same of all types.
    var areAllDues = false

    var isEmpty: Bool { counters.isEmpty && dues.isEmpty && !areAllDues }
}
