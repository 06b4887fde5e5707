import Histogram
import TaskGridCore

/// What happened in a lane since its last event.
struct LaneStatistics {
    fileprivate struct Tally {
        var succeeded = 0
        var failed = 0
        var runTimes = Self.histogram()

        static func histogram() -> Histogram<UInt32> { Histogram(numberOfSignificantValueDigits: .two) }
    }

    private var workers: [String: Tally] = [:]
    private var runTimes = Tally.histogram()
    private var totalTimes = Tally.histogram()
    private var retried = 0

    mutating func attemptEnded(_ worker: String, succeeded: Bool, runTime: Duration) {
        let microseconds = UInt64(clamping: max(1, runTime.microseconds))
        runTimes.record(microseconds)
        workers[worker, default: Tally()].note(succeeded, microseconds)
    }

    mutating func taskEnded(after total: Duration) {
        totalTimes.record(UInt64(clamping: max(1, total.microseconds)))
    }

    mutating func attemptRetried() {
        retried += 1
    }

    /// The event that tells of it all; begins anew.
    mutating func takeEvent(_ type: TaskType, store: String, counts: TaskCounts, breaker: BreakerState, at now: Timestamp) -> TaskEvent {
        defer { if runTimes.totalCount > 0 || totalTimes.totalCount > 0 || retried > 0 { self = LaneStatistics() } }
        return TaskEvent(
            type: type, store: store, at: now, states: counts,
            workers: workers.sorted { $0.key < $1.key }.map { worker, tally in
                WorkerTally(
                    worker: worker, succeeded: tally.succeeded, failed: tally.failed, runTimes: tally.runTimes.latencies
                )
            },
            runTimes: runTimes.latencies, totalTimes: totalTimes.latencies, retried: retried, breaker: breaker
        )
    }
}

extension LaneStatistics.Tally {
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
