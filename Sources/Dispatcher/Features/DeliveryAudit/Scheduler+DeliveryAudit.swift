import AMQP
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Deliveries that are nowhere.
extension Scheduler {
    /// Sends a marker through the work queue of each type where one is due.
    func sendMarkers(_ outbound: inout Outbound) {
        let clock = Moment.now
        // Without a worker nobody would give it back.
        for typeQueue in typeQueues.withTasksHandedOut() where typeQueue.isRoutable && typeQueue.concurrency > 0 {
            let type = typeQueue.type
            guard let number = typeQueue.audit.marker(at: clock, hasHandedOut: !typeQueue.handed.isEmpty) else { continue }
            let marker = Work.marker(type: type, store: store.identity, number: number, key: store.proofKey)
            outbound.messages.append(
                .ready(Publication(exchange: topology.work.name, routingKey: type.name, message: marker.message(isPersistent: false))))
        }
    }

    /// A marker is back: what was handed out before it and is not with a worker may be lost.
    func planReturnedMarker(_ number: Int, of typeQueue: TypeQueue, in turn: inout Turn) {
        let type = typeQueue.type
        var candidates: [TaskID: Int] = [:]
        for (id, task) in typeQueue.handed where task.marker < number {
            if !workers.holds(task), !interruptions.isDeferred(id) { candidates[id] = task.machine.attempt }
        }
        let lost = typeQueue.audit.returned(number, candidates: candidates, heartbeat: workers.heartbeat(of: type), at: .now)
        guard !lost.isEmpty else { return }
        Failpoint.lossFound.pass()
        for (id, attempt) in lost { apply(.lost(attempt: attempt), to: id, of: typeQueue, in: &turn) }
        logger.warning("deliveries lost, handed out again", metadata: [LogKey.taskType: "\(type)", LogKey.taskCount: "\(lost.count)"])
        let deliveries = lost.count == 1 ? "1 delivery" : "\(lost.count) deliveries"
        tell(.warning, "\(deliveries) of type '\(type)' lost, handed out again", in: &turn)
    }
}
