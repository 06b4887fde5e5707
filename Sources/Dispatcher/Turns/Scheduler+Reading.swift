import Logging
import TaskGridCore
import TaskStore

/// What the scheduler learns from the store: where every task is, and how absolute times relate to its clock.
extension Scheduler {
    /// Moves absolute times to where they are by the store's clock.
    func align() async throws(StoreError) {
        let offset = clock.wallOffset
        logger.notice("wall clock differs from the store's clock; moving absolute times", metadata: ["clock.offset": "\(offset)"])
        var last: TaskID?
        repeat { last = try await store.align(offset, after: last, limit: 5000) } while last != nil
        alignedOffset = offset
        mustLookAtDues = true
    }

    /// Looks whether the wall clock has stepped, or absolute times could not be moved before.
    func followWallClock() async {
        clock.follow()
        guard clock.wallOffset != alignedOffset else { return }
        do throws(StoreError) {
            try await align()
        } catch {
            logger.error("absolute times not moved, trying again", metadata: ["error": "\(error)"])
        }
    }

    /// Reads where everything stands from the store, within the term.
    func read() async throws(StoreError) {
        let counts = try await store.counts()
        let dues = try await store.nextDue()
        let paused = try await store.paused()
        let forgotten = try await store.countsOfForgotten()
        let lanes = TypeQueues()
        for type in try await store.types() {
            let breaker = CircuitBreaker(configuration.breaker)
            lanes.add(Lane(type: type, books: counts[type] ?? TaskCounts(), nextDue: dues[type], breaker: breaker, audit: Audit(due: .now)))
        }
        var next: HandedOutPosition?
        repeat {
            let page = try await store.handedOut(after: next, limit: 5000)
            for task in page.tasks {
                guard let lane = lanes[task.type] else { continue }
                lane.hand(out: task)
                lane.handed[task.id]?.isInherited = true
            }
            next = page.next
        } while next != nil
        for lane in lanes.all {
            if let earlier = self.lanes[lane.type] { lane.learn(from: earlier) }
            // Another dispatcher may have ended probes of this one.
            lane.breaker.withdraw { lane.handed[$0] == nil }
            lane.isPaused = paused.contains(lane.type)
            (lane.concurrency, lane.takesBatches) = workers.service(of: lane.type)
            lane.hasWorkers = workers.serves(lane.type)
        }
        lanes.settle(at: clock.now)
        self.lanes = lanes
        self.forgotten = forgotten
        interruptions = Interruptions()
        unroutable = []
        for (id, worker) in workers.workers {
            name(worker.message, worker.report, at: time.moment().instant)
            // What the store has not learnt of a type its worker tells again, though it is not new to the table of workers.
            if !worker.message.types.allSatisfy(lanes.isKnown) { workers.lacksType(id) }
        }
        recount = []
        mustLookAtDues = false
        duesToLookAt = []
        mustRead = false
        let handed = lanes.all.reduce(0) { $0 + $1.handed.count }
        let waiting = lanes.all.reduce(0) { $0 + $1.books.pending + $1.books.scheduled }
        logger.info("store read", metadata: ["task.types": "\(lanes.count)", "task.handed_out": "\(handed)", "task.waiting": "\(waiting)"])
    }
}
