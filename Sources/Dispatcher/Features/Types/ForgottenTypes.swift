import TaskGridCore

/// The types that were forgotten.
struct ForgottenTypes {
    /// Their tasks, all of which have ended.
    var counters = TaskCounts()
    /// A type was one too many: those that nobody uses are forgotten at once.
    var needsRoom = false
    private var retired: [TaskType] = []

    mutating func add(_ typeQueue: TypeQueue) {
        counters = counters + typeQueue.counts
        retired.append(typeQueue.type)
    }

    /// Those whose work queues may be of no use any more. They are told once.
    mutating func takeRetired() -> [TaskType] {
        defer { retired = [] }
        return retired
    }
}
