import TaskGridCore

/// Tasks whose delivery came back while their worker lived: should that worker go, the broker does not bring them again. Pure.
struct Orphans {
    /// A task of which no delivery is with a worker any more, though its worker runs it.
    struct Orphan {
        let worker: String
        /// Looks at the workers in which it was named no more.
        var unnamed = 0
    }

    private(set) var tasks: [TaskID: Orphan] = [:]

    var isEmpty: Bool { tasks.isEmpty }

    mutating func insert(_ task: TaskID, worker: String) {
        if tasks[task]?.worker != worker { tasks[task] = Orphan(worker: worker) }
    }

    mutating func remove(_ task: TaskID) {
        if !tasks.isEmpty { tasks[task] = nil }
    }

    /// The orphan's worker names it no more. Returns in how many looks that was so by now.
    mutating func unnamed(_ task: TaskID) -> Int {
        tasks[task]?.unnamed += 1
        return tasks[task]?.unnamed ?? 0
    }
}
