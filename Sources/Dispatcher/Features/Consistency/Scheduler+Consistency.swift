import AMQP
import Logging
import TaskGridCore
import TaskStore

/// What is known of tasks in memory agrees with the store.
extension Scheduler {
    /// Asks the store what the turns could not know.
    func readWaiting() async {
        guard mustLookAtDues || !duesToLookAt.isEmpty || !recount.isEmpty else { return }
        do {
            let types = mustLookAtDues ? Set(typeQueues.types) : duesToLookAt.union(recount)
            let dues = try await store.nextDue(of: mustLookAtDues ? nil : types)
            for type in types { typeQueues[type]?.nextDue = dues[type] }
            mustLookAtDues = false
            duesToLookAt = []
            guard !recount.isEmpty else { return }
            let counts = try await store.counts(of: recount)
            for type in recount {
                typeQueues[type]?.counters.pending = counts[type]?.pending ?? 0
                typeQueues[type]?.counters.scheduled = counts[type]?.scheduled ?? 0
            }
            recount = []
        } catch {
            logger.error("counters of waiting tasks not read, trying again with the next turn", metadata: ["error": "\(error)"])
        }
    }

    /// Compares the counters in memory with those of the store, which counts what is open and keeps tallies of the rest.
    /// Seldom, for counting a million waiting tasks takes a while: a two-hundredth of the time at most.
    func checkConsistency(_ outbound: inout Outbound) async {
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
            logger.error("counters do not balance, reading the store again", metadata: ["task.type": "\(type)", "counters.memory": "\(counted)", "counters.store": "\(stored)"])
            outbound.messages.append(
                .ready(.event(GridEvent(kind: .error, service: "dispatcher", at: clock.wall, message: message), topology)))
            // The store is the record: of the numbers, and of what is out.
            typeQueue.adopt(stored)
            mustRead = true
        }
        nextCheck = .now + max(.seconds(10), start.duration(to: .now) * 200)
    }
}
