import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("A lane")
struct LaneTests {
    private let configuration = DispatcherConfiguration()
    private let now = Timestamp(rawValue: 1_000_000)

    private func lane(concurrency: Int = 4, runTime: Duration? = nil, batches: Bool = true) -> Lane {
        let lane = Lane(type: .reverse)
        lane.concurrency = concurrency
        lane.takesBatches = batches
        if let runTime { lane.ran(for: runTime) }
        return lane
    }

    private func open(_ id: Int64, attempt: Int = 1) -> OpenTask {
        OpenTask(id: TaskID(id), type: .reverse, created: now, attempt: attempt, maxAttempts: 3, form: .single)
    }

    @Test("the window holds two seconds of work, at least twice what runs at once, at most its bound")
    func capacity() {
        #expect(lane().capacity(configuration) == 64)
        #expect(lane(concurrency: 0).capacity(configuration) == 0, "without a worker there is no window")
        #expect(lane(concurrency: 100).capacity(configuration) == 200)
        #expect(lane(runTime: .milliseconds(10)).capacity(configuration) == 800)
        #expect(lane(runTime: .seconds(60)).capacity(configuration) == 8)
        #expect(lane(runTime: .microseconds(1)).capacity(configuration) == 50_000)
        #expect(lane(concurrency: 60_000, runTime: .seconds(60)).capacity(configuration) == 120_000, "it follows the slots")
        #expect(lane(concurrency: 2_000_000, runTime: .seconds(60)).capacity(configuration) == 1_000_000)
    }

    @Test("a type whose tasks have become long is known before the first of them ends")
    func becomesLong() throws {
        let lane = lane(runTime: .microseconds(10))
        let start = ContinuousClock.now
        lane.learnFromRunning(at: Moment(start))
        for id in 1...2 as ClosedRange<Int64> {
            lane.hand(out: open(id))
            _ = lane.name(RegistryMessage.Held(task: TaskID(id), attempt: 1), worker: "w", report: 1, runs: true, at: start)
        }
        // Short ones end beside it: these count.
        lane.ran(for: .microseconds(10))
        lane.learnFromRunning(at: Moment(start) + .seconds(1))
        #expect(lane.batchSize(1000, configuration) > 1)
        lane.learnFromRunning(at: Moment(start) + .seconds(2))
        #expect(lane.batchSize(1000, configuration) == 1)
    }

    @Test("what is told of the books is how they stood after a turn, though within one a task is nowhere")
    func settled() throws {
        let lane = lane()
        lane.books.submitted = 1
        lane.hand(out: open(1))
        lane.settle()
        try lane.end(1)
        #expect(!lane.counts.balances)
        #expect(lane.settled.queued == 1)
        #expect(lane.settled.balances)
        lane.isDirty = false
        lane.books.succeeded += 1
        lane.settle()
        #expect(lane.settled.succeeded == 1)
        #expect(lane.settled.balances)
        #expect(lane.isDirty)
    }

    @Test("a batch runs about five milliseconds, spreads over the workers, and never holds long tasks together")
    func batchSize() {
        #expect(lane().batchSize(1000, configuration) == 1)
        #expect(lane(runTime: .microseconds(10)).batchSize(1000, configuration) == 250)
        #expect(lane(runTime: .microseconds(10)).batchSize(5000, configuration) == 256)
        #expect(lane(runTime: .microseconds(10)).batchSize(8, configuration) == 8, "not worth a message each")
        #expect(lane(runTime: .microseconds(250)).batchSize(8, configuration) == 2)
        #expect(lane(runTime: .milliseconds(1)).batchSize(1000, configuration) == 5)
        #expect(lane(runTime: .milliseconds(6)).batchSize(1000, configuration) == 1)
        #expect(lane(runTime: .microseconds(10), batches: false).batchSize(1000, configuration) == 1)
    }

    @Test("a lane asks for work when something waits, it has a queue, and its window has room worth a transaction")
    func room() throws {
        let lane = lane(runTime: .milliseconds(10))
        #expect(lane.room(configuration, now: now) == 0)
        lane.hasBacklog = true
        #expect(lane.room(configuration, now: now) == 800)
        lane.isRoutable = false
        #expect(lane.room(configuration, now: now) == 0)
        lane.isRoutable = true
        for id in 1...601 { lane.hand(out: open(Int64(id))) }
        #expect(lane.room(configuration, now: now) == 0)
        try lane.end(601)
        #expect(lane.room(configuration, now: now) == 200)
        lane.hasBacklog = false
        lane.scheduled(for: now + .seconds(1))
        #expect(lane.room(configuration, now: now) == 0)
        #expect(lane.room(configuration, now: now + .seconds(1)) == 200)
    }

    @Test("a heartbeat makes a task run, once, and only its latest attempt")
    func names() throws {
        let lane = lane()
        lane.hand(out: open(1, attempt: 2))
        lane.name(.init(task: 1, attempt: 1), worker: "old", report: 1, runs: true, at: .now)
        #expect(lane.running == 0)
        lane.name(.init(task: 1, attempt: 2), worker: "w", report: 2, runs: true, at: .now)
        lane.name(.init(task: 1, attempt: 2), worker: "w", report: 2, runs: true, at: .now)
        lane.name(.init(task: 9, attempt: 1), worker: "w", report: 2, runs: true, at: .now)
        #expect(lane.running == 1)
        #expect(lane.counts.running == 1)
        #expect(lane.counts.queued == 0)
        try lane.end(1)
        #expect(lane.running == 0)
    }

    @Test("an event tells what happened since the last, and nothing twice")
    func statistics() {
        var statistics = LaneStatistics()
        statistics.attemptEnded("w1", succeeded: true, runTime: .microseconds(100))
        statistics.attemptEnded("w1", succeeded: true, runTime: .microseconds(100))
        statistics.attemptEnded("w2", succeeded: false, runTime: .milliseconds(50))
        statistics.taskEnded(after: .milliseconds(3))
        statistics.attemptRetried()
        let event = statistics.takeEvent(.reverse, store: "s", counts: TaskCounts(), breaker: .closed, at: now)
        #expect(event.runTimes.map(\.count) == [2, 1])
        #expect(event.runTimes[0].microseconds == 100)
        #expect((50_000...50_500).contains(event.runTimes[1].microseconds))
        #expect(event.totalTimes.map(\.count) == [1])
        #expect(event.retried == 1)
        #expect(event.workers.map(\.worker) == ["w1", "w2"])
        #expect(event.workers.map(\.succeeded) == [2, 0])
        #expect(event.workers.map(\.failed) == [0, 1])
        let next = statistics.takeEvent(.reverse, store: "s", counts: TaskCounts(), breaker: .closed, at: now)
        #expect(next.runTimes.isEmpty && next.workers.isEmpty && next.retried == 0)
    }
}

extension Lane {
    /// Takes a task out of the window, in which it has to be.
    fileprivate func end(_ id: TaskID) throws {
        _ = remove(at: try #require(handed.index(forKey: id)))
    }
}
