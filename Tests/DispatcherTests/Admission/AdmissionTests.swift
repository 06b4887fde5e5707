import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("Whether a type may hand out tasks, and how many")
struct AdmissionTests {
    private let admission = Admission(DispatcherConfiguration())
    private let now = Timestamp(rawValue: 1_000_000)
    private let moment = Moment.now

    /// A type with workers, of which something waits.
    private func typeQueue(concurrency: Int = 4, runTime: Duration? = nil) -> TypeQueue {
        let typeQueue = TypeQueue(type: .reverse, breaker: CircuitBreaker(BreakerSettings(minimumAttempts: 1, probes: 3)))
        typeQueue.concurrency = concurrency
        typeQueue.hasBacklog = true
        if let runTime { typeQueue.runTime.record(runTime) }
        return typeQueue
    }

    private func handOut(_ ids: ClosedRange<Int64>, of typeQueue: TypeQueue) {
        for id in ids {
            typeQueue.hand(
                out: OpenTask(
                    id: TaskID(id), type: .reverse, settings: TaskSettings(maxAttempts: 3), created: now, attempt: 1, form: .single))
        }
    }

    private func reasons(_ typeQueue: TypeQueue, after wait: Duration = .zero) -> [String] {
        admission.reasons(for: typeQueue, at: moment + wait)
    }

    // MARK: The policies

    @Test func `a type of which nothing is known may hand out 64 tasks, and nothing holds it back`() {
        let typeQueue = typeQueue()
        #expect(admission.room(for: typeQueue) == 64)
        #expect(admission.take(from: typeQueue, at: now) == 64)
        #expect(Admission.mayHandOut(typeQueue, at: now))
        #expect(reasons(typeQueue) == [])
    }

    @Test func `a paused type hands out nothing`() {
        let typeQueue = typeQueue()
        typeQueue.pause = Pause()
        #expect(admission.room(for: typeQueue) == 0)
        #expect(!Admission.mayHandOut(typeQueue, at: now))
        #expect(reasons(typeQueue) == ["paused"])
    }

    @Test func `an open circuit breaker lets nothing through, a half-open one its probes`() {
        let typeQueue = typeQueue()
        typeQueue.breaker.ended(1, isFailure: true, at: moment)
        #expect(admission.room(for: typeQueue) == 0)
        #expect(reasons(typeQueue) == ["circuit breaker open for 10 s more: most recent attempts failed"])
        #expect(reasons(typeQueue, after: .milliseconds(8500)) == ["circuit breaker open for 2 s more: most recent attempts failed"])
        #expect(Admission.mayHandOut(typeQueue, at: now), "it has to be asked")
        typeQueue.breaker.advance(to: moment + .seconds(10))
        #expect(admission.room(for: typeQueue) == 3)
        #expect(reasons(typeQueue) == [])
        for id in 1...3 as ClosedRange<Int64> { typeQueue.breaker.handedOut(TaskID(id)) }
        #expect(admission.room(for: typeQueue) == 0)
        #expect(reasons(typeQueue) == ["circuit breaker half open: 3 tasks try the workers"])
    }

    @Test func `without a worker there is no window`() {
        let typeQueue = typeQueue(concurrency: 0)
        #expect(admission.room(for: typeQueue) == 0)
        #expect(!Admission.mayHandOut(typeQueue, at: now))
        #expect(reasons(typeQueue) == ["no worker"])
    }

    @Test func `without a work queue nothing is handed out`() {
        let typeQueue = typeQueue()
        typeQueue.isRoutable = false
        #expect(admission.room(for: typeQueue) == 0)
        #expect(!Admission.mayHandOut(typeQueue, at: now))
        #expect(reasons(typeQueue) == ["no work queue"])
    }

    @Test func `a work queue that refuses tasks gets no more than it took`() {
        let typeQueue = typeQueue()
        handOut(1...12, of: typeQueue)
        _ = typeQueue.queueRefused(at: .now)
        #expect(admission.room(for: typeQueue) == 0)
        #expect(reasons(typeQueue) == ["work queue full: it refuses more than 12"])
        handOut(13...13, of: typeQueue)
        #expect(admission.room(for: typeQueue) == 0)
    }

    @Test func `a full window leaves no room`() {
        let typeQueue = typeQueue()
        handOut(1...63, of: typeQueue)
        #expect(admission.room(for: typeQueue) == 1)
        #expect(reasons(typeQueue) == [])
        handOut(64...64, of: typeQueue)
        #expect(admission.room(for: typeQueue) == 0)
        #expect(reasons(typeQueue) == ["window full: 64 of 64 handed out"])
    }

    @Test func `every policy that holds a type back is named`() {
        let typeQueue = typeQueue(concurrency: 0)
        typeQueue.pause = Pause()
        typeQueue.isRoutable = false
        #expect(reasons(typeQueue) == ["paused", "no worker", "no work queue"])
    }

    // MARK: How many

    @Test(
        arguments: [
            (4, nil, 64), (0, nil, 0), (100, nil, 200), (4, .milliseconds(10), 800), (4, .seconds(60), 8), (4, .microseconds(1), 50_000),
            (60_000, .seconds(60), 120_000), (2_000_000, .seconds(60), 1_000_000),
        ] as [(Int, Duration?, Int)])
    func `the window holds two seconds of work, at least twice what runs at once, at most its bound`(
        concurrency: Int, runTime: Duration?, window: Int
    ) {
        #expect(admission.window(of: typeQueue(concurrency: concurrency, runTime: runTime)) == window)
    }

    @Test func `tasks that turns under way may hand out leave no room for others`() {
        let typeQueue = typeQueue()
        typeQueue.promised = 60
        #expect(admission.room(for: typeQueue) == 4)
        typeQueue.promised = 70
        #expect(admission.room(for: typeQueue) == 0)
    }

    @Test func `a submission goes out with its acceptance where nothing older waits and all of its tasks have room`() {
        let typeQueue = typeQueue()
        #expect(!admission.admits(1, of: typeQueue), "something older waits")
        typeQueue.hasBacklog = false
        #expect(admission.admits(64, of: typeQueue))
        #expect(!admission.admits(65, of: typeQueue))
        typeQueue.breaker.ended(1, isFailure: true, at: moment)
        typeQueue.breaker.advance(to: moment + .seconds(10))
        #expect(!admission.admits(1, of: typeQueue), "probes are taken from what waits")
    }

    @Test func `tasks are taken when something waits, and the window has room worth a transaction`() {
        let typeQueue = typeQueue(runTime: .milliseconds(10))
        #expect(admission.take(from: typeQueue, at: now) == 800)
        handOut(1...601, of: typeQueue)
        #expect(admission.take(from: typeQueue, at: now) == 0)
        if let index = typeQueue.handed.index(forKey: 601) { _ = typeQueue.remove(at: index) }
        #expect(admission.take(from: typeQueue, at: now) == 200)
        typeQueue.hasBacklog = false
        #expect(admission.take(from: typeQueue, at: now) == 0)
        typeQueue.scheduled(for: now + .seconds(1))
        #expect(admission.take(from: typeQueue, at: now) == 0)
        #expect(admission.take(from: typeQueue, at: now + .seconds(1)) == 200)
    }

    @Test func `probes, and tasks for a queue that refuses some, are taken one by one`() {
        let typeQueue = typeQueue()
        handOut(1...63, of: typeQueue)
        #expect(admission.take(from: typeQueue, at: now) == 0)
        handOut(64...64, of: typeQueue)
        _ = typeQueue.queueRefused(at: .now)
        if let index = typeQueue.handed.index(forKey: 1) { _ = typeQueue.remove(at: index) }
        #expect(admission.take(from: typeQueue, at: now) == 1)
    }
}
