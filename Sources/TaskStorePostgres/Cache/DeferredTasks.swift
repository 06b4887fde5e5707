import HeapModule

/// An open task that its range does not count: put back, scheduled, or handed out again. In memory it takes about 80 bytes, with its
/// place in the queue of its type.
struct DeferredTask: Equatable {
    let type: Int32
    let priority: Int16
    /// The number of the latest hand-out; 0 before the first.
    var attempt: Int32
    /// 0: at once; nil: it is handed out.
    var due: Int64?
}

/// The deferred tasks, and for each type which of them is due first.
///
/// It remembers what has changed since the latest commit, as ``OpenRanges`` does.
struct DeferredTasks {
    /// When a task is due. It holds while the task is deferred to that time: others are left in the queue and skipped.
    struct Due: Comparable {
        let time: Int64
        let id: Int64

        static func < (lhs: Due, rhs: Due) -> Bool { (lhs.time, lhs.id) < (rhs.time, rhs.id) }
    }

    private var tasks: [Int64: DeferredTask] = [:]
    private var queues: [Int32: Heap<Due>] = [:]
    /// How many entries all queues have.
    private var queued = 0
    private var before: [Int64: DeferredTask?] = [:]

    subscript(id: Int64) -> DeferredTask? { tasks[id] }

    var all: [Int64: DeferredTask] { tasks }

    /// Adds a task that the store has.
    mutating func load(_ id: Int64, _ task: DeferredTask) {
        tasks[id] = task
        enqueue(id, task)
    }

    /// The task is deferred, or otherwise so.
    mutating func set(_ id: Int64, _ task: DeferredTask) {
        remember(id)
        tasks[id] = task
        enqueue(id, task)
    }

    /// The task has ended.
    mutating func remove(_ id: Int64) {
        remember(id)
        tasks[id] = nil
    }

    private mutating func remember(_ id: Int64) {
        if before[id] == nil { before[id] = .some(tasks[id]) }
    }

    private mutating func enqueue(_ id: Int64, _ task: DeferredTask) {
        guard let time = task.due else { return }
        queues[task.type, default: Heap()].insert(Due(time: time, id: id))
        queued += 1
    }

    private func holds(_ due: Due, _ type: Int32) -> Bool {
        tasks[due.id].map { $0.type == type && $0.due == due.time } ?? false
    }

    /// The first tasks of a type that are due at or before a time, the longest due first.
    mutating func due(_ type: Int32, at now: Int64, limit: Int) -> [Due] {
        guard limit > 0, var queue = queues.removeValue(forKey: type) else { return [] }
        var found: [Due] = []
        while found.count < limit, let next = queue.min, next.time <= now {
            queue.removeMin()
            queued -= 1
            // One that was put back twice for the same time stands there twice.
            if found.last != next, holds(next, type) { found.append(next) }
        }
        queue.insert(contentsOf: found)
        queued += found.count
        queues[type] = queue.isEmpty ? nil : queue
        return found
    }

    /// Moves times that follow the wall clock, durably.
    mutating func move(_ id: Int64, to due: Int64) {
        guard var task = tasks[id], task.due != nil else { return }
        task.due = due
        tasks[id] = task
        enqueue(id, task)
    }

    /// The changes are durable.
    mutating func accept() {
        before.removeAll(keepingCapacity: true)
        // Entries that hold no more are as many as there are tasks, at most.
        guard queued > 2 * tasks.count + 64 else { return }
        (queues, queued) = ([:], 0)
        for (id, task) in tasks { enqueue(id, task) }
    }

    /// The changes were not made.
    mutating func undo() {
        for (id, task) in before {
            tasks[id] = task
            if let task { enqueue(id, task) }
        }
        before.removeAll(keepingCapacity: true)
    }
}
