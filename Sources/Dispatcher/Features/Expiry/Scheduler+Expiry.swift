import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

extension Scheduler {
    /// Plans the end of tasks that were not begun before their expiry.
    func planExpiries(in turn: inout Turn) async {
        let expired: [OpenTask]
        // The store does not know what runs, and gives that too, the longest expired first.
        let running = typeQueues.running
        do {
            expired = try await store.expired(at: turn.now, limit: 1000 + running)
        } catch {
            logger.error("expired tasks not read, trying again", metadata: [LogKey.error: "\(error)"])
            return
        }
        for task in expired {
            guard let typeQueue = typeQueues[task.type], typeQueue.handed[task.id]?.runningSince == nil else { continue }
            if let handed = typeQueue.handed[task.id] {
                // Should a worker have it by now, it need not begin.
                let attempt = RegistryMessage.Held(task: task.id, attempt: handed.machine.attempt)
                turn.plan.cancel([attempt], under: topology.cancelKey(typeQueue.type))
            } else {
                typeQueue.hand(out: task)
                staleTypes.counters.insert(task.type)
            }
            apply(.expired, to: task.id, of: typeQueue, in: &turn)
        }
    }
}
