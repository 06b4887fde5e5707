import Histogram
import TaskGridCore

/// The counts of a type queue since its last event.
struct TypeQueueStatistics {
    fileprivate struct Tally {
        var succeeded = 0
        var failed = 0
        var runTimes = Self.histogram()

        static func histogram() -> Histogram<UInt32> { Histogram(numberOfSignificantValueDigits: .two) }
    }

    private var workers: [(name: String, tally: Tally)] = []
    /// The index of the latest worker in `workers`: results of one come many at a time.
    private var latest = 0
    private var totalTimes = Tally.histogram()
    private var waitTimes = Tally.histogram()
    private var retried = 0
    private var refused = 0

    mutating func attemptEnded(_ worker: String, succeeded: Bool, runTime: Duration) {
        if latest >= workers.count || workers[latest].name != worker {
            latest = workers.firstIndex { $0.name == worker } ?? workers.count
            if latest == workers.count { workers.append((worker, Tally())) }
        }
        workers[latest].tally.note(succeeded, UInt64(clamping: max(1, runTime.microseconds)))
    }

    mutating func taskEnded(after total: Duration) {
        totalTimes.record(UInt64(clamping: max(1, total.microseconds)))
    }

    mutating func taskWaited(_ time: Duration) {
        waitTimes.record(UInt64(clamping: max(1, time.microseconds)))
    }

    mutating func attemptRetried() {
        retried += 1
    }

    mutating func resultRefused() {
        refused += 1
    }

    /// The event that tells of it all; begins anew.
    mutating func takeEvent(_ type: TaskType, store: String, counts: TaskCounts, breaker: BreakerState, at now: Timestamp) -> TypeEvent {
        defer { if !workers.isEmpty || totalTimes.totalCount > 0 || retried > 0 || refused > 0 { self = TypeQueueStatistics() } }
        var runTimes = Tally.histogram()
        for worker in workers { runTimes.add(worker.tally.runTimes) }
        return TypeEvent(
            type: type, store: store, at: now, states: counts,
            workers: workers.sorted { $0.name < $1.name }.map { worker, tally in
                WorkerTally(
                    worker: worker, succeeded: tally.succeeded, failed: tally.failed, runTimes: tally.runTimes.latencies
                )
            },
            runTimes: runTimes.latencies, totalTimes: totalTimes.latencies, waitTimes: waitTimes.latencies,
            retried: retried, refused: refused, breaker: breaker
        )
    }
}

extension TypeQueueStatistics.Tally {
    fileprivate mutating func note(_ isSuccess: Bool, _ microseconds: UInt64) {
        if isSuccess { succeeded += 1 } else { failed += 1 }
        runTimes.record(microseconds)
    }
}

extension Histogram<UInt32> {
    fileprivate var latencies: [LatencyCount] {
        totalCount == 0 ? [] : recordedValues().map { LatencyCount(microseconds: $0.value, count: UInt64($0.count)) }
    }
}
