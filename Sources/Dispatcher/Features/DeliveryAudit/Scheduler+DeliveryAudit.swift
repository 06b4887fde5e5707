import AMQP
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Deliveries that are nowhere, and counters that do not balance.
extension Scheduler {
    /// Sends a marker through the work queue of each type where one is due.
    func sendMarkers(_ outbound: inout Outbound) {
        let clock = Moment.now
        // Without a worker nobody would give it back.
        for typeQueue in typeQueues.withTasksHandedOut() where typeQueue.isRoutable && typeQueue.concurrency > 0 {
            let type = typeQueue.type
            guard let number = typeQueue.audit.marker(at: clock, hasHandedOut: !typeQueue.handed.isEmpty) else { continue }
            let marker = Work.marker(type: type, store: store.identity, number: number)
            outbound.messages.append(
                .ready(Publication(exchange: topology.work.name, routingKey: type.name, message: marker.message(isPersistent: false))))
        }
    }

    /// A marker is back: what was handed out before it and is not with a worker may be lost.
    func markerIsBack(_ number: Int, _ typeQueue: TypeQueue, _ now: Timestamp, _ plan: inout Plan) {
        let type = typeQueue.type
        var candidates: [TaskID: Int] = [:]
        for (id, task) in typeQueue.handed where task.marker < number {
            if !workers.holds(task), !interruptions.isDeferred(id) { candidates[id] = task.machine.attempt }
        }
        let lost = typeQueue.audit.back(number, candidates: candidates, heartbeat: workers.heartbeat(of: type), at: .now)
        guard !lost.isEmpty else { return }
        Failpoint.lossFound.pass()
        for (id, attempt) in lost { apply(.lost(attempt: attempt), id, typeQueue, now, &plan) }
        warn("\(lost.count) \(lost.count == 1 ? "delivery" : "deliveries") of type '\(type)' lost, handed out again", type, now, &plan)
    }

    /// How long a task waits that went out in vain, by how often it has.
    func delay(of machine: TaskStateMachine) -> Duration {
        Backoff(base: .milliseconds(100), ceiling: .seconds(60))
            .delay(before: max(1, machine.attempt - machine.failures - machine.interruptions))
    }

    /// Compares the counters in memory with those of the store, which counts what is open and keeps tallies of the rest.
    /// Seldom, for counting a million waiting tasks takes a while: a two-hundredth of the time at most.
    func checkConsistency(_ now: Timestamp, _ outbound: inout Outbound) async {
        let start = ContinuousClock.now
        guard nextCheck <= start else { return }
        let known: [TaskType: TaskCounts]
        do {
            known = try await store.counts()
            forgotten = try await store.countsOfForgotten()
        } catch {
            logger.error("consistency check not done, trying again", metadata: ["error": "\(error)"])
            nextCheck = start + .seconds(10)
            return
        }
        for (type, stored) in known {
            guard let typeQueue = typeQueues[type] else { continue }
            var counted = typeQueue.counts
            counted.queued += counted.running
            counted.running = 0
            guard counted != stored || !stored.balances else { continue }
            let message =
                "the counters of type '\(type)' do not balance: submitted \(stored.submitted), accounted for \(stored.sum) in the store and \(counted.sum) in memory"
            logger.error("\(message)", metadata: ["task.type": "\(type)", "counters.memory": "\(counted)", "counters.store": "\(stored)"])
            outbound.messages.append(
                .ready(.event(GridEvent(kind: .error, service: "dispatcher", at: clock.wall, message: message), topology)))
            // The store is the record: of the numbers, and of what is out.
            typeQueue.adopt(stored)
            mustRead = true
        }
        nextCheck = .now + max(.seconds(10), start.duration(to: .now) * 200)
    }

    func warn(_ message: String, _ type: TaskType, _ now: Timestamp, _ plan: inout Plan) {
        logger.warning("\(message)", metadata: ["task.type": "\(type)"])
        plan.publications.append(.event(GridEvent(kind: .warning, service: "dispatcher", at: clock.wall, message: message), topology))
    }
}
