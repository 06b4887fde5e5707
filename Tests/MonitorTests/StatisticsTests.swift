import TaskGridCore
import Testing

@testable import Monitor

@Suite struct StatisticsTests {
    @Test func `the counters are those of the latest event`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample(at: .after(1), [.pending: 5]), at: .after(1))
        statistics.apply(.sample(at: .after(2), [.pending: 2, .succeeded: 3]), at: .after(2))
        statistics.apply(.sample(.hash, at: .after(2), [.running: 4]), at: .after(2))
        #expect(statistics.types[.reverse]?.states == TaskCounts([.pending: 2, .succeeded: 3]))
        #expect(statistics.states == TaskCounts([.pending: 2, .succeeded: 3, .running: 4]))
        #expect(statistics.states.balances)
    }

    @Test func `an overtaken event adds its times but not its counters`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample(at: .after(2), [.succeeded: 3], run: [(10, 1)]), at: .after(2))
        statistics.apply(.sample(at: .after(1), [.pending: 3], run: [(10, 2)], retried: 1), at: .after(2))
        #expect(statistics.states == TaskCounts([.succeeded: 3]))
        #expect(statistics.types[.reverse]?.runTimes.sinceStart?.count == 3)
        #expect(statistics.seen.retried == 1)
    }

    @Test func `times are kept per type`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample(run: [(1000, 2)], total: [(5000, 2)]), at: .start)
        statistics.apply(.sample(.hash, run: [(4000, 1)]), at: .start)
        #expect(statistics.types[.reverse]?.runTimes.recent(at: .start)?.average == 1000)
        #expect(statistics.types[.reverse]?.totalTimes.recent(at: .start)?.average == 5000)
        #expect(statistics.types[.hash]?.totalTimes.recent(at: .start) == nil)
        #expect(statistics.types[.hash]?.runTimes.recent(at: .start)?.average == 4000)
    }

    @Test func `the counters of another store replace the old ones`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample([.succeeded: 100], run: [(10, 1)]), at: .start)
        statistics.apply(.sample(.hash, [.pending: 7]), at: .start)
        statistics.apply(.sample(.hash, store: "other", at: .after(-100), [.pending: 1]), at: .after(1))
        #expect(statistics.store == "other")
        #expect(statistics.states == TaskCounts([.pending: 1]))
        #expect(statistics.types[.reverse]?.runTimes.sinceStart?.count == 1)
    }

    @Test func `the dispatcher's answer is a baseline`() {
        var statistics = Statistics(since: .start)
        statistics.apply(CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts([.succeeded: 1000])]), at: .after(0))
        #expect(statistics.states.succeeded == 1000)
        #expect(statistics.ended(at: .after(0)) == 0)
        statistics.apply(.sample(at: .after(1), [.succeeded: 1010, .failed: 1]), at: .after(1))
        #expect(statistics.ended(at: .after(1)) == 11)
    }

    @Test func `the dispatcher's answer says which breakers are not closed`() {
        var statistics = Statistics(since: .start)
        let types: [TaskType: TaskCounts] = [.reverse: TaskCounts([.pending: 3]), .hash: TaskCounts([.succeeded: 1])]
        statistics.apply(CountsQuery.Answer(store: "s", types: types, breakers: [.reverse: .open]), at: .after(0))
        #expect(statistics.types[.reverse]?.breaker == .open)
        #expect(statistics.types[.hash]?.breaker == .closed)
        // One that does not know them says nothing of them.
        statistics.apply(CountsQuery.Answer(store: "s", types: types), at: .after(1))
        #expect(statistics.types[.reverse]?.breaker == .open)
        statistics.apply(CountsQuery.Answer(store: "s", types: types, breakers: [:]), at: .after(2))
        #expect(statistics.types[.reverse]?.breaker == .closed)
    }

    @Test func `the first event of a type counts its tasks`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample([.succeeded: 1000], workers: [WorkerTally(worker: "a", succeeded: 4)]), at: .after(10))
        #expect(statistics.ended(at: .after(10)) == 4)
    }

    @Test func `types are bounded`() {
        var statistics = Statistics(since: .start, maximumTypes: 2)
        statistics.apply(.sample([.pending: 1]), at: .start)
        statistics.apply(.sample(.hash, [.pending: 1]), at: .start)
        statistics.apply(.sample(TaskType(literal: "sum"), [.pending: 1], run: [(1, 1)]), at: .start)
        statistics.apply(.sample([.pending: 2]), at: .start)
        #expect(statistics.types.keys.sorted() == [.hash, .reverse])
        #expect(statistics.states.pending == 3)
        #expect(statistics.ignored == 1)
    }

    @Test func `a retry subtracts no failure`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample(at: .after(0), [.failed: 10]), at: .after(0))
        statistics.apply(.sample(at: .after(1), [.failed: 15]), at: .after(1))
        statistics.apply(.sample(at: .after(2), [.failed: 3, .scheduled: 12]), at: .after(2))
        statistics.apply(.sample(at: .after(3), [.failed: 4, .scheduled: 10, .succeeded: 1]), at: .after(3))
        #expect(statistics.states.failed == 4)
        #expect(statistics.seen.failed == 6)
        #expect(statistics.seen.succeeded == 1)
        #expect(statistics.ended(at: .after(3)) == 7)
    }

    @Test func `the tasks of a new type count`() {
        var statistics = Statistics(since: .start)
        statistics.apply(CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts([.succeeded: 1000])]), at: .after(0))
        statistics.apply(.sample(.hash, [.succeeded: 3, .pending: 2]), at: .after(1))
        statistics.apply(.sample(.reverse, [.succeeded: 1001]), at: .after(1))
        #expect(statistics.types[.hash]?.seen.submitted == 5)
        #expect(statistics.seen.succeeded == 4)
    }

    @Test func `a dispatcher's clock that is set back does not freeze the counters`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.sample(at: .after(100), [.succeeded: 5]), at: .after(1))
        // It was overtaken.
        statistics.apply(.sample(at: .after(99), [.succeeded: 4]), at: .after(1.1))
        #expect(statistics.states.succeeded == 5)
        statistics.apply(.sample(at: .after(95), [.succeeded: 6]), at: .after(2))
        #expect(statistics.states.succeeded == 6)
        statistics.apply(.sample(at: .after(96), [.succeeded: 7]), at: .after(3))
        #expect(statistics.states.succeeded == 7)
    }

    @Test func `paused types are known from events and answers`() {
        var statistics = Statistics(since: .start)
        statistics.apply(
            CountsQuery.Answer(
                store: "s", types: [.reverse: TaskCounts(), .hash: TaskCounts()], paused: [.hash], pausedUntil: [.hash: .start]), at: .start
        )
        #expect(statistics.types[.hash]?.isPaused == true)
        #expect(statistics.types[.hash]?.pausedUntil == .start)
        #expect(statistics.types[.reverse]?.isPaused == false)
        var event = TypeEvent.sample()
        (event.paused, event.pausedUntil) = (true, .start)
        statistics.apply(event, at: .start)
        #expect(statistics.types[.reverse]?.isPaused == true && statistics.types[.reverse]?.pausedUntil == .start)
    }

    @Test func `the reasons why tasks are held are those of the latest event, and bounded`() {
        var statistics = Statistics(since: .start)
        var event = TypeEvent.sample(.hash)
        event.held = ["no worker"]
        statistics.apply(event, at: .start)
        #expect(statistics.types[.hash]?.held(at: .start) == ["no worker"])
        // A dispatcher that is silent tells no more how long they last.
        #expect(statistics.types[.hash]?.held(at: .after(14)) == ["no worker"])
        #expect(statistics.types[.hash]?.held(at: .after(15)) == [])
        event.held = Array(repeating: String(repeating: "x", count: 1000), count: 1000)
        statistics.apply(event, at: .start)
        #expect(statistics.types[.hash]?.held(at: .start) == Array(repeating: String(repeating: "x", count: 200), count: 8))
        event.held = []
        statistics.apply(event, at: .start)
        #expect(statistics.types[.hash]?.held(at: .start) == [])
    }

    @Test func `a type that the dispatcher has forgotten is shown no more, and what was counted of it stays in the totals`() {
        var statistics = Statistics(since: .start)
        statistics.apply(CountsQuery.Answer(store: "s", types: [:], forgotten: TaskCounts([.failed: 7])), at: .start)
        statistics.apply(.sample(.hash, [.succeeded: 2], retried: 3, refused: 1), at: .after(1))
        statistics.apply(.sample(.reverse, [.succeeded: 5]), at: .after(1))
        let (states, seen) = (statistics.states, statistics.seen)
        var event = TypeEvent.sample(.hash, at: .after(2), [.succeeded: 2])
        event.isForgotten = true
        for _ in 0..<2 { statistics.apply(event, at: .after(2)) }
        #expect(statistics.types.keys.sorted() == [.reverse])
        #expect(statistics.states == states && states.succeeded == 7 && states.failed == 7 && states.balances)
        #expect(statistics.seen == seen && seen.retried == 3 && seen.refused == 1)
        // The answer says the same once more.
        let forgotten = TaskCounts([.failed: 7, .succeeded: 2])
        statistics.apply(
            CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts([.succeeded: 5])], forgotten: forgotten), at: .after(3))
        #expect(statistics.states == states)
        let sum = TaskType(literal: "sum")
        // One that was forgotten while the monitor was away: the list of types, in two pages, lacks it.
        statistics.apply(.sample(.hash, [.succeeded: 1]), at: .after(4))
        statistics.apply(.sample(sum, [.succeeded: 1]), at: .after(4))
        statistics.apply(CountsQuery.Answer(store: "s", types: [.reverse: TaskCounts()], next: .reverse), at: .after(5))
        #expect(statistics.types.count == 3)
        statistics.apply(CountsQuery.Answer(store: "s", types: [sum: TaskCounts([.succeeded: 1])]), at: .after(5))
        #expect(statistics.types.keys.sorted() == [.reverse, sum])
        // Another store's counters begin anew.
        statistics.apply(.sample(.reverse, store: "t", [.succeeded: 1]), at: .after(4))
        #expect(statistics.states == TaskCounts([.succeeded: 1]))
    }

    // MARK: Workers

    @Test func `a worker is alive while its lease runs`() throws {
        var statistics = Statistics(since: .start)
        statistics.apply(.heartbeat, .sample("a"), at: .after(0))
        let worker = try #require(statistics.workers["a"])
        #expect(worker.state(at: .after(2.999)) == .alive)
        #expect(worker.state(at: .after(3)) == .silent)
        #expect(worker.runningTasks == 1)
        #expect(worker.waitingTasks == 2)
        statistics.apply(.heartbeat, .sample("a", draining: true), at: .after(10))
        #expect(statistics.workers["a"]?.state(at: .after(10)) == .draining)
        #expect(statistics.workers["a"]?.isActive(at: .after(10)) == true)
    }

    @Test func `a worker leaves and comes back`() throws {
        var statistics = Statistics(since: .start)
        statistics.apply(WorkerEvent(kind: .joined, at: .start, worker: .sample("a")), at: .after(0))
        statistics.apply(WorkerEvent(kind: .left, reason: .leaseExpired, at: .start, worker: .sample("a")), at: .after(3))
        #expect(statistics.workers["a"]?.state(at: .after(3)) == .left)
        #expect(statistics.workers["a"]?.left?.reason == .leaseExpired)
        #expect(statistics.workers["a"]?.runningTasks == 0)
        #expect(statistics.workers["a"]?.running == [])
        // One that stopped in order after all is missed by nobody; when it left stays.
        statistics.apply(.deregister, .sample("a"), at: .after(4))
        #expect(statistics.workers["a"]?.left?.reason == .deregistered)
        #expect(statistics.workers["a"]?.left?.at == .after(3))
        statistics.apply(.heartbeat, .sample("a"), at: .after(5))
        #expect(statistics.workers["a"]?.state(at: .after(5)) == .alive)
        statistics.apply(.deregister, .sample("a"), at: .after(6))
        #expect(statistics.workers["a"]?.left?.reason == .deregistered)
    }

    @Test func `a deregistration of an unknown worker is ignored`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.deregister, .sample("a"), at: .start)
        statistics.apply(WorkerEvent(kind: .left, reason: .deregistered, at: .start, worker: .sample("b")), at: .start)
        #expect(statistics.workers.isEmpty)
    }

    @Test func `the counters of an event go to their worker`() throws {
        var statistics = Statistics(since: .start)
        statistics.apply(.register, .sample("a"), at: .start)
        let tally = WorkerTally(worker: "a", succeeded: 3, failed: 1, runTimes: [LatencyCount(microseconds: 2000, count: 4)])
        statistics.apply(.sample(workers: [tally, WorkerTally(worker: "unknown", succeeded: 9)]), at: .start)
        let other = WorkerTally(worker: "a", succeeded: 1, runTimes: [LatencyCount(microseconds: 7000, count: 1)])
        statistics.apply(.sample(.hash, workers: [other]), at: .start)
        let worker = try #require(statistics.workers["a"])
        #expect(worker.succeeded == 4)
        #expect(worker.failed == 1)
        #expect(worker.averageRunTime == 3000)
        #expect(statistics.workers.count == 1)
    }

    @Test func `the nameservice's answer adds workers and changes no known one`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.heartbeat, .sample("a", draining: true), at: .after(1))
        let answer = WorkersQuery.Answer(workers: ["a", "b"].map { LiveWorker(worker: .sample($0), lastSeen: .start) })
        statistics.apply(answer, at: .after(2))
        #expect(statistics.workers["a"]?.state(at: .after(2)) == .draining)
        #expect(statistics.workers["b"]?.state(at: .after(2)) == .alive)
    }

    @Test func `a worker that is gone is forgotten after an hour`() {
        var statistics = Statistics(since: .start)
        statistics.apply(.register, .sample("left"), at: .after(0))
        statistics.apply(.deregister, .sample("left"), at: .after(1))
        statistics.apply(.register, .sample("silent"), at: .after(0))
        statistics.apply(.register, .sample("alive"), at: .after(0))
        statistics.apply(.heartbeat, .sample("alive"), at: .after(3600))
        #expect(statistics.workers.keys.sorted() == ["alive", "left", "silent"])
        statistics.apply(.heartbeat, .sample("alive"), at: .after(3661))
        #expect(statistics.workers.keys.sorted() == ["alive"])
    }

    @Test func `workers are bounded`() {
        var statistics = Statistics(since: .start, maximumWorkers: 3)
        for id in ["a", "b", "c", "d"] { statistics.apply(.register, .sample(id), at: .after(0)) }
        #expect(statistics.workers.keys.sorted() == ["a", "b", "c"])
        #expect(statistics.ignored == 1)
        // One that left makes place.
        statistics.apply(.deregister, .sample("b"), at: .after(1))
        statistics.apply(.heartbeat, .sample("d"), at: .after(2))
        #expect(statistics.workers.keys.sorted() == ["a", "c", "d"])
    }

    @Test func `the grid's events are bounded`() {
        var statistics = Statistics(since: .start)
        for number in 0..<200 {
            statistics.apply(GridEvent(kind: .error, service: "x", at: .start, message: "\(number)"), at: .start)
        }
        #expect(statistics.gridEvents.count == Statistics.maximumGridEvents)
        #expect(statistics.gridEvents.last?.message == "199")
    }
}
