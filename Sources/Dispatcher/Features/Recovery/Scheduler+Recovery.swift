import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Recovery: the scheduler learns from the store when a term begins: where every task is.
extension Scheduler {
    /// Reads where everything stands from the store, within the term.
    func read() async throws(StoreError) {
        let counts = try await store.counts()
        let dues = try await store.nextDue()
        let pauses = try await store.pauses()
        let forgotten = try await store.countsOfForgotten()
        let bulkActions = BulkActions(try await store.bulkActions())
        let typeQueues = TypeQueues()
        for type in try await store.types() {
            let breaker = CircuitBreaker(configuration.breaker)
            typeQueues.add(
                TypeQueue(
                    type: type, counters: counts[type] ?? TaskCounts(), nextDue: dues[type], breaker: breaker,
                    audit: DeliveryAudit(due: .now)))
        }
        var next: HandedOutPosition?
        repeat {
            let page = try await store.handedOut(after: next, limit: 5000)
            for task in page.tasks {
                guard let typeQueue = typeQueues[task.type] else { continue }
                typeQueue.hand(out: task)
                typeQueue.handed[task.id]?.isInherited = true
            }
            next = page.next
        } while next != nil
        for typeQueue in typeQueues.all {
            if let earlier = self.typeQueues[typeQueue.type] { typeQueue.learn(from: earlier) }
            // Another dispatcher may have ended probes of this one.
            typeQueue.breaker.withdraw { typeQueue.handed[$0] == nil }
            typeQueue.pause = pauses[typeQueue.type]
            (typeQueue.concurrency, typeQueue.takesBatches) = workers.service(of: typeQueue.type)
            typeQueue.hasWorkers = workers.serves(typeQueue.type)
        }
        typeQueues.settle(at: clock.now)
        self.typeQueues = typeQueues
        forgottenTypes.counters = forgotten
        self.bulkActions = bulkActions
        bulkSignal.raise()
        interruptions = Interruptions()
        unroutable = []
        declaredTypes = []
        for (id, worker) in workers.workers {
            recordHolder(worker.message, report: worker.report, at: time.moment().instant)
            // The worker tells again about a type that the store has not learnt, though it is not new to the table of workers.
            if !worker.message.types.allSatisfy(typeQueues.isKnown) { workers.lacksType(id) }
        }
        staleTypes = StaleTypes()
        mustRead = false
        let handed = typeQueues.all.reduce(0) { $0 + $1.handed.count }
        let waiting = typeQueues.all.reduce(0) { $0 + $1.counters.pending + $1.counters.scheduled }
        logger.info(
            "store read",
            metadata: [LogKey.taskTypes: "\(typeQueues.count)", LogKey.tasksHandedOut: "\(handed)", LogKey.tasksWaiting: "\(waiting)"])
    }
}
