import TaskGridCore

/// The tasks of a type that may run for some time only: they are looked at each second, the others never. Pure.
struct Timeouts {
    private var tasks: Set<TaskID> = []
    /// When the time of the first of them may be up; none is before.
    private(set) var next: Moment?

    mutating func insert(_ task: TaskID) { tasks.insert(task) }

    mutating func remove(_ task: TaskID) { tasks.remove(task) }

    /// The time of an attempt is up at `end`.
    mutating func expect(_ end: Moment) { next = min(next ?? end, end) }

    /// The tasks whose time is up. `end` says when the time of a task's attempt is up; nil where it does not run.
    mutating func takeDue(at now: Moment, end: (TaskID) -> Moment?) -> [TaskID] {
        guard let next, next <= now else { return [] }
        self.next = nil
        var due: [TaskID] = []
        for task in tasks {
            guard let end = end(task) else { continue }
            if end <= now { due.append(task) } else { expect(end) }
        }
        return due
    }
}
