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
        if let runTime { typeQueue.runTime.record(runTime) }
        return typeQueue
    }

    private func open(_ id: Int64, attempt: Int = 1) -> OpenTask {
        OpenTask(id: TaskID(id), type: .reverse, settings: TaskSettings(maxAttempts: 3), created: now, attempt: attempt, form: .single)
    }

    @Test func `a type whose tasks have become long is known before the first of them ends`() throws {
        let typeQueue = typeQueue(runTime: .microseconds(10))
        let start = ContinuousClock.now
        typeQueue.learnFromRunning(at: Moment(start))
        for id in 1...2 as ClosedRange<Int64> {
            typeQueue.hand(out: open(id))
            _ = typeQueue.recordHolder(
                of: RegistryMessage.Held(task: TaskID(id), attempt: 1), worker: "w", report: 1, runs: true, at: start)
        }
        // Short ones end beside it: these count.
        typeQueue.runTime.record(.microseconds(10))
        typeQueue.learnFromRunning(at: Moment(start) + .seconds(1))
        #expect(typeQueue.batchSize(1000, configuration) > 1)
        typeQueue.learnFromRunning(at: Moment(start) + .seconds(2))
        #expect(typeQueue.batchSize(1000, configuration) == 1)
    }

    @Test func `the proof of an attempt that heartbeats name is made once, and anew for the next attempt`() {
        func key() -> ProofKey { ProofKey(secret: ProofKey.randomSecret(), store: "s", epoch: 0) }
        let (first, other, typeQueue) = (key(), key(), typeQueue())
        typeQueue.hand(out: open(1))
        let held = RegistryMessage.Held(task: 1, attempt: 1)
        let proof = first.proof(of: 1, attempt: 1, type: .reverse)
        #expect(!typeQueue.isProven(held, nil, by: first))
        #expect(typeQueue.isProven(held, proof, by: first))
        // Another key would make another proof.
        #expect(typeQueue.isProven(held, proof, by: other))
        #expect(!typeQueue.isProven(held, other.proof(of: 1, attempt: 1, type: .reverse), by: other))
        typeQueue.hand(out: open(1, attempt: 2))
        let next = RegistryMessage.Held(task: 1, attempt: 2)
        #expect(!typeQueue.isProven(next, proof, by: other))
        #expect(typeQueue.isProven(next, other.proof(of: 1, attempt: 2, type: .reverse), by: other))
        #expect(typeQueue.isProven(held, proof, by: first), "an earlier attempt")
    }

    @Test func `published counters are those after a turn, though a task has no state within one`() throws {
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

    @Test func `a batch runs about five milliseconds, spreads over the workers, and never holds long tasks together`() {
        #expect(typeQueue().batchSize(1000, configuration) == 1)
        #expect(typeQueue(runTime: .microseconds(10)).batchSize(1000, configuration) == 250)
        #expect(typeQueue(runTime: .microseconds(10)).batchSize(5000, configuration) == 256)
        #expect(typeQueue(runTime: .microseconds(10)).batchSize(8, configuration) == 8, "not worth a message each")
        #expect(typeQueue(runTime: .microseconds(250)).batchSize(8, configuration) == 2)
        #expect(typeQueue(runTime: .milliseconds(1)).batchSize(1000, configuration) == 5)
        #expect(typeQueue(runTime: .milliseconds(6)).batchSize(1000, configuration) == 1)
        #expect(typeQueue(runTime: .microseconds(10), batches: false).batchSize(1000, configuration) == 1)
    }

    @Test func `a heartbeat makes a task run, once, and only its latest attempt`() throws {
        let typeQueue = typeQueue()
        typeQueue.hand(out: open(1, attempt: 2))
        typeQueue.recordHolder(of: .init(task: 1, attempt: 1), worker: "old", report: 1, runs: true, at: .now)
        #expect(typeQueue.running == 0)
        typeQueue.recordHolder(of: .init(task: 1, attempt: 2), worker: "w", report: 2, runs: true, at: .now)
        typeQueue.recordHolder(of: .init(task: 1, attempt: 2), worker: "w", report: 2, runs: true, at: .now)
        typeQueue.recordHolder(of: .init(task: 9, attempt: 1), worker: "w", report: 2, runs: true, at: .now)
        #expect(typeQueue.running == 1)
        #expect(typeQueue.counts.running == 1)
        #expect(typeQueue.counts.queued == 0)
        try typeQueue.end(1)
        #expect(typeQueue.running == 0)
    }

    @Test func `an event tells what happened since the last, and nothing twice`() {
        var statistics = TypeQueueStatistics()
        statistics.attemptEnded("w1", succeeded: true, runTime: .microseconds(100))
        statistics.attemptEnded("w1", succeeded: true, runTime: .microseconds(100))
        statistics.attemptEnded("w2", succeeded: false, runTime: .milliseconds(50))
        statistics.taskEnded(after: .milliseconds(3))
        statistics.taskWaited(.milliseconds(2))
        statistics.attemptRetried()
        let event = statistics.takeEvent(.reverse, store: "s", counts: TaskCounts(), breaker: .closed, at: now)
        #expect(event.runTimes.map(\.count) == [2, 1])
        #expect(event.runTimes[0].microseconds == 100)
        #expect((50_000...50_500).contains(event.runTimes[1].microseconds))
        #expect(event.totalTimes.map(\.count) == [1])
        #expect(event.waitTimes.map(\.count) == [1])
        #expect(event.retried == 1)
        #expect(event.workers.map(\.worker) == ["w1", "w2"])
        #expect(event.workers.map(\.succeeded) == [2, 0])
        #expect(event.workers.map(\.failed) == [0, 1])
        let next = statistics.takeEvent(.reverse, store: "s", counts: TaskCounts(), breaker: .closed, at: now)
        #expect(next.runTimes.isEmpty && next.waitTimes.isEmpty && next.workers.isEmpty && next.retried == 0)
    }
}

extension TypeQueue {
    /// Takes a task out of the window, in which it has to be.
    fileprivate func end(_ id: TaskID) throws {
        _ = remove(at: try #require(handed.index(forKey: id)))
    }
}
