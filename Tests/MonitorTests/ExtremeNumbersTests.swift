import Foundation
import NIOCore
import TaskGridCore
import TestSupport
import Testing

@testable import Monitor

/// Numbers from outside, as large as the wire lets them be, end no process.
@Suite struct ExtremeNumbersTests {
    private static let extremes = [0, 1, 1 << 32, 1 << 45, (1 << 53) - 1, 1 << 53]
    private let grid = GridState(topology: Topology(prefix: "t"), now: { .start })

    private func take(_ event: TypeEvent) throws {
        try grid.apply(.event(event), exchange: "t.events", key: "task.reverse")
    }

    private func readAll() {
        let (state, now) = (grid.current, Timestamp.after(1))
        #expect(!JSON.encode(StatisticsReport(state, at: now)).isEmpty)
        #expect(!JSON.encode(ScalesReport(state.statistics, target: .seconds(1), at: now)).isEmpty)
        #expect(GridMetrics.text(state, queues: nil, listeners: 0, at: now).readableBytes > 0)
        var recorder = HistoryRecorder(at: .start)
        let entry = recorder.record(state.statistics, at: .after(10))
        #expect(entry != nil)
        var rollup = entry?.all ?? Rollup()
        rollup.add(rollup)
        _ = (rollup.times.percentile(50), rollup.times.percentile(100), TimeCounts(data: rollup.times.data))
    }

    @Test func `one event with 600,000 counts of 2^45 is refused, and the monitor goes on`() throws {
        let forged = TypeEvent.sample(run: Array(repeating: (1000, 1 << 45), count: 600_000))
        #expect(throws: WireError.self) { try take(forged) }
        readAll()
    }

    @Test func `the most that one event may say can be said any number of times`() throws {
        let most = 1 << 45
        let share = most / 8
        let states: [TaskState: Int] = [.pending: share, .queued: share, .running: share, .succeeded: share, .failed: share]
        let event = TypeEvent.sample(
            states,
            workers: [
                WorkerTally(
                    worker: "w", succeeded: most, failed: most, runTimes: [LatencyCount(microseconds: .max >> 11, count: UInt64(most))])
            ],
            run: [(.max >> 11, UInt64(most))], total: [(0, UInt64(most))], retried: most
        )
        // Of what adds up, the sums are taken as far as they would be after 2^20 such events.
        var latencies = Latencies()
        for _ in 0..<100 { latencies.record([LatencyCount(microseconds: 7, count: .max / 3)], at: .start) }
        #expect(latencies.recent(at: .start)?.count == .max)
        #expect(latencies.buckets.count == .max)
        try grid.hear(.heartbeat, RegistryMessage.sample("w"))
        for _ in 0..<100 { try take(event) }
        readAll()
        var counters = Counters()
        counters.submitted = .max
        #expect((counters + counters).submitted == .max)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func `messages with any numbers are taken or refused`(seed: UInt64) {
        var generator = Seeded(seed: seed)
        func number() -> Int { Self.extremes.randomElement(using: &generator) ?? 0 }
        for _ in 0..<50 {
            var states: [TaskState: Int] = [:]
            for state in TaskState.allCases { states[state] = number() }
            let event = TypeEvent.sample(
                at: Timestamp(rawValue: Int64(number() % 253_402_300_799_999)), states,
                workers: [WorkerTally(worker: "w1", succeeded: number(), failed: number())],
                run: [(UInt64(number()), UInt64(number())), (UInt64(number()), UInt64(number()))],
                total: [(UInt64(number()), UInt64(number()))], retried: number()
            )
            try? take(event)
            var worker = RegistryMessage.sample("w1")
            (worker.done, worker.failed, worker.interval) = (number(), number(), [10, 1000, 3_600_000][number() % 3])
            (worker.concurrency, worker.prefetch) = (max(1, number() % 1_000_001), number() % 1_000_001)
            try? grid.hear(.heartbeat, worker)
            readAll()
        }
    }
}
