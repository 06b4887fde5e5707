import TaskGridCore

extension TypeQueue {
    /// How many of the tasks that are handed out one look compares.
    private static let sample = 20_000

    /// Of the tasks that are handed out and do not run, the one that could run for longest: of very many, of some of them.
    var oldestQueued: OldestTask? {
        guard handed.count > running else { return nil }
        var oldest: OldestTask?
        for (id, task) in handed.prefix(Self.sample) where task.runningSince == nil {
            guard let since = task.readySince else { continue }
            oldest = .older(oldest, OldestTask(id: id, since: since))
        }
        return oldest
    }
}
