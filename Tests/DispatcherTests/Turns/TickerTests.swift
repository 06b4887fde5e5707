import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("The dispatcher's clock", .timeLimit(.minutes(1)))
struct TickerTests {
    @Test(
        arguments: [(nil, 500), (-5000, 100), (0, 100), (99, 100), (100, 100), (101, 101), (499, 499), (501, 500), (60_000, 500)]
            as [(Int?, Int)])
    func `ticks each half second, and when something is due, but no more than ten times a second`(due: Int?, tick: Int) {
        let last = ContinuousClock.now
        #expect(Ticker().next(after: last, due: due.map { last + .milliseconds($0) }) == last + .milliseconds(tick))
    }

    @Test func `a waiter for a tick is woken by an earlier due time`() async {
        let ticker = Ticker(interval: .seconds(3600))
        let due = Moment.now + .milliseconds(150)
        async let tick: Void = ticker.wait(after: .now)
        for expected in [.now + .seconds(7200), nil, .now + .seconds(1800), due] as [Moment?] {
            await Task.yield()
            ticker.expect(expected)
        }
        await tick
        #expect(Moment.now >= due)
    }

    @Test func `expects the first task that is due, of whatever type, and none that is due already`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register(types: [.reverse, .sum])
        let ticker = harness.scheduler.ticker
        #expect(ticker.due == nil)
        let (first, second) = (Timestamp.now() + .seconds(1000), Timestamp.now() + .seconds(2000))
        let clock = await harness.scheduler.clock
        _ = await harness.submit(["a"], type: .sum) { $0.due = second }
        #expect(ticker.due == clock.moment(at: second))
        _ = await harness.submit(["a"]) { $0.due = first }
        #expect(ticker.due == clock.moment(at: first))
        await harness.scheduler.makeDueButPaused(.reverse)
        _ = await harness.tick()
        #expect(ticker.due == clock.moment(at: second), "time brings what is paused no nearer")
    }

    @Test func `cancelling ends the wait`() async {
        let ticker = Ticker(interval: .seconds(3600))
        await withTaskGroup { group in
            group.addTask { await ticker.wait(after: .now) }
            group.cancelAll()
        }
    }
}

extension Scheduler {
    fileprivate func makeDueButPaused(_ type: TaskType) {
        typeQueues[type]?.nextDue = clock.now
        typeQueues[type]?.pause = Pause()
    }
}
