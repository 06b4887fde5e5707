import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("A type queue")
struct TypeQueueTests {
    private let configuration = DispatcherConfiguration()
    private let now = Timestamp(rawValue: 1_000_000)

    private func typeQueue(concurrency: Int = 4, runTime: Duration? = nil, batches: Bool = true) -> TypeQueue {
        let typeQueue = TypeQueue(type: .reverse)
        typeQueue.concurrency = concurrency
        typeQueue.takesBatches = batches
        if let runTime { typeQueue.ran(for: runTime) }
        return typeQueue
    }

    private func open(_ id: Int64, attempt: Int = 1) -> OpenTask {
        OpenTask(id: TaskID(id), type: .reverse, settings: TaskSettings(maxAttempts: 3), created: now, attempt: attempt, form: .single)
    }

    @Test("the window holds two seconds of work, at least twice what runs at once, at most its bound")
    func capacity() {
        #expect(typeQueue().capacity(configuration) == 64)
        #expect(typeQueue(concurrency: 0).capacity(configuration) == 0, "without a worker there is no window")
        #expect(typeQueue(concurrency: 100).capacity(configuration) == 200)
        #expect(typeQueue(runTime: .milliseconds(10)).capacity(configuration) == 800)
        #expect(typeQueue(runTime: .seconds(60)).capacity(configuration) == 8)
        #expect(typeQueue(runTime: .microseconds(1)).capacity(configuration) == 50_000)
        #expect(typeQueue(concurrency: 60_000, runTime: .seconds(60)).capacity(configuration) == 120_000, "it follows the slots")
        #expect(typeQueue(concurrency: 2_000_000, runTime: .seconds(60)).capacity(configuration) == 1_000_000)
    }

    @Test("a type whose tasks have become long is known before the first of them ends")
    func becomesLong() throws {
        let typeQueue = typeQueue(runTime: .microseconds(10))
        let start = ContinuousClock.now
        typeQueue.learnFromRunning(at: Moment(start))
        for id in 1...2 as ClosedRange<Int64> {
            typeQueue.hand(out: open(id))
            _ = typeQueue.name(RegistryMessage.Held(task: TaskID(id), attempt: 1), worker: "w", report: 1, runs: true, at: start)
        }
        // Short ones end beside it: these count.
        typeQueue.ran(for: .microseconds(10))
        typeQueue.learnFromRunning(at: Moment(start) + .seconds(1))
        #expect(typeQueue.batchSize(1000, configuration) > 1)
        typeQueue.learnFromRunning(at: Moment(start) + .seconds(2))
        #expect(typeQueue.batchSize(1000, configuration) == 1)
    }

    @Test("what is told of the counters is how they stood after a turn, though within one a task is nowhere")
    func settled() throws {
        let typeQueue = typeQueue()
        typeQueue.counters.submitted = 1
        typeQueue.hand(out: open(1))
        typeQueue.settle()
        try typeQueue.end(1)
        #expect(!typeQueue.counts.balances)
        #expect(typeQueue.settled.queued == 1)
        #expect(typeQueue.settled.balances)
        typeQueue.isDirty = false
        typeQueue.counters.succeeded += 1
        typeQueue.settle()
        #expect(typeQueue.settled.succeeded == 1)
        #expect(typeQueue.settled.balances)
        #expect(typeQueue.isDirty)
    }

    @Test("a batch runs about five milliseconds, spreads over the workers, and never holds long tasks together")
    func batchSize() {
        #expect(typeQueue().batchSize(1000, configuration) == 1)
        #expect(typeQueue(runTime: .microseconds(10)).batchSize(1000, configuration) == 250)
        #expect(typeQueue(runTime: .microseconds(10)).batchSize(5000, configuration) == 256)
        #expect(typeQueue(runTime: .microseconds(10)).batchSize(8, configuration) == 8, "not worth a message each")
        #expect(typeQueue(runTime: .microseconds(250)).batchSize(8, configuration) == 2)
        #expect(typeQueue(runTime: .milliseconds(1)).batchSize(1000, configuration) == 5)
        #expect(typeQueue(runTime: .milliseconds(6)).batchSize(1000, configuration) == 1)
        #expect(typeQueue(runTime: .microseconds(10), batches: false).batchSize(1000, configuration) == 1)
    }

    @Test("a type queue asks for work when something waits, it has a queue, and its window has room worth a transaction")
    func room() throws {
        let typeQueue = typeQueue(runTime: .milliseconds(10))
        #expect(typeQueue.room(configuration, now: now) == 0)
        typeQueue.hasBacklog = true
        #expect(typeQueue.room(configuration, now: now) == 800)
        typeQueue.isRoutable = false
        #expect(typeQueue.room(configuration, now: now) == 0)
        typeQueue.isRoutable = true
        for id in 1...601 { typeQueue.hand(out: open(Int64(id))) }
        #expect(typeQueue.room(configuration, now: now) == 0)
        try typeQueue.end(601)
        #expect(typeQueue.room(configuration, now: now) == 200)
        typeQueue.hasBacklog = false
        typeQueue.scheduled(for: now + .seconds(1))
        #expect(typeQueue.room(configuration, now: now) == 0)
        #expect(typeQueue.room(configuration, now: now + .seconds(1)) == 200)
    }

    @Test("a heartbeat makes a task run, once, and only its latest attempt")
    func names() throws {
        let typeQueue = typeQueue()
        typeQueue.hand(out: open(1, attempt: 2))
        typeQueue.name(.init(task: 1, attempt: 1), worker: "old", report: 1, runs: true, at: .now)
        #expect(typeQueue.running == 0)
        typeQueue.name(.init(task: 1, attempt: 2), worker: "w", report: 2, runs: true, at: .now)
        typeQueue.name(.init(task: 1, attempt: 2), worker: "w", report: 2, runs: true, at: .now)
        typeQueue.name(.init(task: 9, attempt: 1), worker: "w", report: 2, runs: true, at: .now)
        #expect(typeQueue.running == 1)
        #expect(typeQueue.counts.running == 1)
        #expect(typeQueue.counts.queued == 0)
        try typeQueue.end(1)
        #expect(typeQueue.running == 0)
    }

    @Test("an event tells what happened since the last, and nothing twice")
    func statistics() {
        var statistics = TypeQueueStatistics()
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

extension TypeQueue {
    /// Takes a task out of the window, in which it has to be.
    fileprivate func end(_ id: TaskID) throws {
        _ = remove(at: try #require(handed.index(forKey: id)))
    }
}
