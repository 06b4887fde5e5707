import TaskGridCore
import TestSupport
import Testing

@testable import Monitor

@Suite struct LatenciesTests {
    @Test func `no measurement means no summary`() {
        let latencies = Latencies()
        #expect(latencies.recent(at: .start) == nil)
        #expect(latencies.sinceStart == nil)
    }

    @Test func `the average is exact and the percentiles within one percent`() throws {
        var latencies = Latencies()
        latencies.record((1...1000).map { LatencyCount(microseconds: $0 * 1000, count: 1) }, at: .start)
        for summary in [try #require(latencies.recent(at: .start)), try #require(latencies.sinceStart)] {
            #expect(summary.count == 1000)
            #expect(summary.average == 500_500)
            #expect(isWithinOnePercent(summary.p50, 500_000))
            #expect(isWithinOnePercent(summary.p95, 950_000))
            #expect(isWithinOnePercent(summary.p99, 990_000))
            #expect(isWithinOnePercent(summary.maximum, 1_000_000))
        }
    }

    @Test func `the window forgets, and the total does not`() throws {
        var latencies = Latencies()
        latencies.record([LatencyCount(microseconds: 10, count: 1)], at: .after(0))
        latencies.record([LatencyCount(microseconds: 30, count: 1)], at: .after(100))
        #expect(try #require(latencies.recent(at: .after(289))).count == 2)
        let later = try #require(latencies.recent(at: .after(301)))
        #expect(later.count == 1)
        #expect(later.average == 30)
        #expect(latencies.recent(at: .after(401)) == nil)
        #expect(try #require(latencies.sinceStart).average == 20)
    }

    @Test func `slots are bounded`() {
        var latencies = Latencies()
        for second in 0..<5000 { latencies.record([LatencyCount(microseconds: 1, count: 1)], at: .after(Double(second))) }
        #expect(latencies.keptSlots == Latencies.slotCount)
    }

    @Test func `extreme times are counted`() throws {
        var latencies = Latencies()
        latencies.record([LatencyCount(microseconds: .max, count: 1), LatencyCount(microseconds: 0, count: 3)], at: .start)
        let summary = try #require(latencies.recent(at: .start))
        #expect(summary.count == 4)
        #expect(summary.p50 == 0)
        #expect(isWithinOnePercent(summary.maximum, Latencies.ceiling))
        latencies.record([LatencyCount(microseconds: 1, count: 0)], at: .start)
        #expect(latencies.sinceStart?.count == 4)
    }

    @Test func `a clock that is set back loses nothing`() throws {
        var latencies = Latencies()
        latencies.record([LatencyCount(microseconds: 10, count: 1)], at: .after(100))
        latencies.record([LatencyCount(microseconds: 30, count: 1)], at: .after(0))
        #expect(try #require(latencies.recent(at: .after(100))).count == 2)
    }

    /// Random times, spread over time, against a list of all of them.
    @Test(arguments: 1...20) func `latencies agree with a list of all times`(seed: UInt64) throws {
        var generator = Seeded(seed: seed)
        var latencies = Latencies()
        var list: [(slot: Int64, microseconds: UInt64)] = []
        var seconds = 0.0
        for _ in 0..<400 {
            seconds += Double.random(in: 0...6, using: &generator)
            let times = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                let magnitude = UInt64.random(in: 1...40, using: &generator)
                return LatencyCount(
                    microseconds: UInt64.random(in: 0...(1 << magnitude), using: &generator),
                    count: UInt64.random(in: 1...3, using: &generator)
                )
            }
            latencies.record(times, at: .after(seconds))
            for time in times {
                for _ in 0..<time.count { list.append((Timestamp.after(seconds).rawValue / 10_000, time.microseconds)) }
            }
        }
        let now = Timestamp.after(seconds)
        let recent = list.filter { $0.slot > now.rawValue / 10_000 - 30 }.map(\.microseconds).sorted()
        let summary = try #require(latencies.recent(at: now), "seed \(seed)")
        #expect(summary.count == recent.count, "seed \(seed)")
        let sum = recent.reduce(0) { $0 + Double($1) }
        #expect(abs(summary.average - sum / Double(recent.count)) <= 1e-6 * summary.average, "seed \(seed)")
        for (percentile, value) in [(50, summary.p50), (95, summary.p95), (99, summary.p99)] {
            let rank = max(1, Int((Double(percentile) / 100 * Double(recent.count)).rounded(.up)))
            #expect(isWithinOnePercent(value, recent[rank - 1]), "seed \(seed), p\(percentile): \(value), true \(recent[rank - 1])")
        }
        #expect(latencies.sinceStart?.count == UInt64(list.count), "seed \(seed)")
    }

    private func isWithinOnePercent(_ value: UInt64, _ expected: UInt64) -> Bool {
        abs(Double(value) - Double(expected)) <= 0.01 * Double(expected)
    }
}
