import TaskGridCore
import Testing

@testable import Monitor

@Suite struct ScaleTests {
    private func report(_ statistics: Statistics, target: Int = 60, at second: Double) -> [TaskType: ScaleReport] {
        ScalesReport(statistics, target: .seconds(target), at: .after(second)).types
    }

    private func worker(_ id: String, running: Int, concurrency: Int = 2) -> RegistryMessage {
        var worker = RegistryMessage.sample(id)
        worker.concurrency = concurrency
        worker.running = (1...concurrency).prefix(running).map { RegistryMessage.Held(task: TaskID(Int64($0)), attempt: 1) }
        return worker
    }

    /// A minute in which a task came and one ended each second, each of which ran for two seconds; `waiting` wait.
    private func minute(waiting: Int, workers: [RegistryMessage]) -> Statistics {
        var statistics = Statistics(since: .start)
        statistics.apply(CountsQuery.Answer(store: "s", types: [:]), at: .start)
        for second in 1...60 {
            statistics.apply(
                .sample(at: .after(Double(second)), [.pending: waiting, .succeeded: second], run: [(2_000_000, 1)]),
                at: .after(Double(second))
            )
        }
        for worker in workers { statistics.apply(.heartbeat, worker, at: .after(60)) }
        return statistics
    }

    @Test func `workers that keep up are enough while nothing waits`() throws {
        // One task a second of two seconds each: two slots, one worker. That none waits at this moment is its doing.
        let idle = (1...4).map { worker("\($0)", running: 0) }
        let scale = try #require(report(minute(waiting: 0, workers: idle), at: 60)[.reverse])
        #expect(scale.waiting == 0 && scale.secondsToDrain == 0 && scale.workers == 4)
        #expect(scale.rate == 1)
        #expect(scale.wanted == 1)
    }

    @Test func `at least one worker is wanted while tasks arrive`() throws {
        var statistics = Statistics(since: .start)
        statistics.apply(CountsQuery.Answer(store: "s", types: [:]), at: .start)
        // It came and was done within one look; a thousand a second would be done by one.
        statistics.apply(.sample(at: .after(1), [.succeeded: 1], run: [(1000, 1)]), at: .after(1))
        #expect(report(statistics, at: 30)[.reverse]?.wanted == 1)
        // A minute later it has not.
        statistics.apply(.sample(at: .after(70), [.succeeded: 1]), at: .after(70))
        #expect(report(statistics, at: 70)[.reverse]?.wanted == 0)
    }

    @Test func `a backlog is divided by what a worker can do in time`() throws {
        // 120 wait: two a second for a minute, and what arrives: (60 + 120) / 60 + 2 a second, each worker does one.
        let scale = try #require(report(minute(waiting: 120, workers: [worker("a", running: 1)]), at: 60)[.reverse])
        #expect(scale.waiting == 120)
        #expect(scale.secondsToDrain == 120)
        #expect(scale.wanted == 5)
        let relaxed = try #require(report(minute(waiting: 120, workers: [worker("a", running: 1)]), target: 600, at: 60)[.reverse])
        #expect(relaxed.wanted == 4)
    }

    @Test func `the capacity of full workers is their recent throughput`() throws {
        // Both are full and did one task a second together: half a task each, so twice as many are wanted.
        let scale = try #require(report(minute(waiting: 120, workers: ["a", "b"].map { worker($0, running: 2) }), at: 60)[.reverse])
        #expect(scale.wanted == 10)
    }

    @Test func `one worker is wanted if no capacity is known`() throws {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample([.pending: 50]), at: .after(1))
        let scale = try #require(report(statistics, at: 2)[.reverse])
        #expect(scale.secondsToDrain == nil && scale.workers == 0 && scale.wanted == 1)
        #expect(String(decoding: JSON.encode(scale), as: UTF8.self).contains("\"seconds_to_drain\":null"))
    }

    @Test func `never more workers are wanted than there are tasks`() throws {
        var statistics = minute(waiting: 3, workers: [])
        // In the last minute none arrived.
        for second in [61.0, 121, 122] {
            statistics.apply(.sample(at: .after(second), [.pending: 3, .succeeded: 60], run: [(3_600_000_000, 100)]), at: .after(second))
        }
        #expect(report(statistics, at: 122)[.reverse]?.wanted == 3)
    }

    @Test func `a paused type wants no workers`() throws {
        var statistics = minute(waiting: 120, workers: [])
        var event = TypeEvent.sample(at: .after(61), [.pending: 120, .succeeded: 60])
        event.paused = true
        statistics.apply(event, at: .after(61))
        let scale = try #require(report(statistics, at: 61)[.reverse])
        #expect(scale.waiting == 0 && scale.wanted == 0)
    }

    @Test func `a type with workers alone is listed`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.heartbeat, worker("a", running: 0), at: .after(1))
        #expect(report(statistics, at: 1)[.reverse]?.workers == 1)
        #expect(report(statistics, at: 1)[.reverse]?.wanted == 0)
    }
}
