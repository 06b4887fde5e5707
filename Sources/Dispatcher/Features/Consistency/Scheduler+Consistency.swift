import AMQP
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Checks that the counters in memory agree with the store.
extension Scheduler {
    /// Asks the store what the turns could not know.
    func readStaleTypes() async {
        guard !staleTypes.isEmpty else { return }
        do {
            let types = staleTypes.areAllDues ? Set(typeQueues.types) : staleTypes.dues.union(staleTypes.counters)
            let dues = try await store.nextDue(of: staleTypes.areAllDues ? nil : types)
            for type in types { typeQueues[type]?.nextDue = dues[type] }
            staleTypes.areAllDues = false
            staleTypes.dues = []
            guard !staleTypes.counters.isEmpty else { return }
            let counts = try await store.counts(of: staleTypes.counters)
            for type in staleTypes.counters {
                typeQueues[type]?.counters.pending = counts[type]?.pending ?? 0
                typeQueues[type]?.counters.scheduled = counts[type]?.scheduled ?? 0
            }
            staleTypes.counters = []
        } catch {
            logger.error("waiting tasks not counted, trying again with the next turn", metadata: [LogKey.error: "\(error)"])
        }
    }

    /// Compares the counters in memory with those of the store, which counts what is open and keeps tallies of the rest.
    func checkConsistency(_ outbound: inout Outbound) async {
        let start = ContinuousClock.now
        guard consistencyCheck.next <= start else { return }
        let known: [TaskType: TaskCounts]
        do {
            known = try await store.counts()
            forgottenTypes.counters = try await store.countsOfForgotten()
        } catch {
            logger.error("consistency check not done, trying again", metadata: [LogKey.error: "\(error)"])
            consistencyCheck.done(since: start, at: start)
            return
        }
        for (type, stored) in known {
            guard let typeQueue = typeQueues[type] else { continue }
            var counted = typeQueue.counts
            counted.queued += counted.running
            counted.running = 0
            guard counted != stored || !stored.balances else { continue }
            let message =
                "the counters of type '\(type)' do not balance: submitted \(stored.submitted), accounted for \(stored.sum) in the store "
                + "and \(counted.sum) in memory"
            logger.error(
                "counters do not balance, reading the store again",
                metadata: [LogKey.taskType: "\(type)", LogKey.countersMemory: "\(counted)", LogKey.countersStore: "\(stored)"]
            )
            outbound.messages.append(
                .ready(.event(GridEvent(kind: .error, service: "dispatcher", at: clock.wall, message: message), topology)))
            // The store is the record: of the numbers, and of what is out.
            typeQueue.adopt(stored)
            mustRead = true
        }
        consistencyCheck.done(since: start)
    }
}
