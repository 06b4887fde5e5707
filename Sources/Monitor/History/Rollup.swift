/// The counts of one step of time, of the tasks of one type or of all, and how they stood at its end.
struct Rollup: Hashable, Sendable {
    var happened = Counters()
    var waiting = 0
    var running = 0
    var workers = 0
    /// How long the attempts ran that ended in it.
    var times = TimeCounts()
    /// In how many of its ten seconds a monitor ran; 0 for one that is not kept yet.
    var covered = 0

    /// Whether there is nothing to tell.
    var isIdle: Bool { self == Rollup(covered: covered) }

    /// Adds what came after, within the same longer step.
    mutating func add(_ later: Rollup) {
        happened = happened + later.happened
        (waiting, running, workers) = (later.waiting, later.running, later.workers)
        times.add(later.times)
    }
}
