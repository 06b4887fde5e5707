import TaskGridCore

/// Makes a rollup of each ten seconds from what the statistics say at their end. Pure: statistics and times go in.
///
/// Bounded: of the types in which anything stands or happens, the `maximumTypes` busiest.
struct HistoryRecorder: Sendable {
    static let maximumTypes = 64

    /// One step of ten seconds.
    struct Entry: Sendable {
        /// When it began.
        var at: Timestamp
        var all: Rollup
        /// Of the types in which something stands or happened.
        var types: [TaskType: Rollup]
    }

    /// The latest ten seconds that are not recorded.
    private var open: Int64
    private var told: [TaskType: Counters] = [:]

    init(at now: Timestamp) {
        open = Latencies.slotNumber(now)
    }

    /// The step that is over; nil where there is none yet. If nobody asked for longer than a step, only the latest is told,
    /// with all that happened since: of those before it nothing is known.
    mutating func record(_ statistics: Statistics, at now: Timestamp) -> Entry? {
        let current = Latencies.slotNumber(now)
        guard current > open else { return nil }
        defer { open = current }
        return entry(statistics, slots: open...(current - 1), at: now)
    }

    /// The step that is not over yet, at the monitor's end.
    mutating func recordRest(_ statistics: Statistics, at now: Timestamp) -> Entry {
        let current = max(open, Latencies.slotNumber(now))
        defer { open = current + 1 }
        return entry(statistics, slots: open...current, at: now)
    }

    private mutating func entry(_ statistics: Statistics, slots: ClosedRange<Int64>, at now: Timestamp) -> Entry {
        var workers: [TaskType: Int] = [:]
        var all = Rollup()
        for worker in statistics.workers.values where worker.isActive(at: now) {
            all.workers += 1
            for type in Set(worker.worker.types) { workers[type, default: 0] += 1 }
        }
        var types: [TaskType: Rollup] = [:]
        for (type, work) in statistics.types {
            var rollup = Rollup(happened: work.seen - told[type, default: Counters()])
            told[type] = work.seen
            (rollup.waiting, rollup.running) = (work.states.waiting, work.states.running)
            all.happened = all.happened + rollup.happened
            all.waiting = all.waiting.saturatingAdding(rollup.waiting)
            all.running = all.running.saturatingAdding(rollup.running)
            rollup.workers = workers[type] ?? 0
            rollup.times = work.runTimes.counts(in: slots)
            if !rollup.isIdle { types[type] = rollup }
        }
        for (type, count) in workers where types[type] == nil { types[type] = Rollup(workers: count) }
        if types.count > Self.maximumTypes {
            let busiest = types.sorted { ($0.value.activity, $1.key) > ($1.value.activity, $0.key) }
            types = Dictionary(uniqueKeysWithValues: busiest.prefix(Self.maximumTypes).map { ($0.key, $0.value) })
        }
        return Entry(at: Timestamp(rawValue: slots.upperBound * HistoryStep.tenSeconds.milliseconds), all: all, types: types)
    }
}

extension Rollup {
    /// How much there is to tell.
    fileprivate var activity: Int { [happened.ended, happened.submitted, waiting, running].saturatingSum }
}
