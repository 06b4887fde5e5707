import AMQP
import Logging
import ServiceSupport
import TaskGridCore

/// Work that reached no queue.
extension Scheduler {
    /// Plans that it waits in the store again.
    func planUndelivered(_ undelivered: Inbox.Undelivered, in turn: inout Turn) {
        guard let typeQueue = typeQueues[undelivered.type] else { return }
        let held = undelivered.held
        switch undelivered.reason {
        case .unroutable:
            if typeQueue.isRoutable {
                typeQueue.isRoutable = false
                unroutable.insert(typeQueue.type)
                // With a worker the queue is declared again, and ``WorkQueues`` says what comes of it.
                if typeQueue.concurrency == 0 {
                    logger.warning("no work queue, tasks wait for a worker of the type", metadata: [LogKey.taskType: "\(undelivered.type)"])
                }
            }
            if typeQueue.concurrency > 0 { turn.plan.unroutable.insert(typeQueue.type) }
            apply(.givenBack(attempt: held.attempt), to: held.task, of: typeQueue, in: &turn)
        case .refused:
            // It was with no worker, so nothing of it counts; it waits until the queue takes more.
            apply(.givenBack(attempt: held.attempt), to: held.task, of: typeQueue, in: &turn)
            if typeQueue.queueRefused(at: .now) { tellRefusingQueue(of: typeQueue.type, in: &turn) }
        case .tooLarge(let text):
            apply(.failed(attempt: held.attempt, TaskError(.payloadTooLarge, text)), to: held.task, of: typeQueue, in: &turn)
        }
    }

    private func tellRefusingQueue(of type: TaskType, in turn: inout Turn) {
        let queue = topology.workQueue(type).name
        logger.warning(
            "work queue refuses tasks, they wait in the store until it takes more",
            metadata: [LogKey.taskType: "\(type)", LogKey.queue: "\(queue)"]
        )
        let message =
            "work queue '\(queue)' refuses tasks of type '\(type)': it is as full as a policy allows, or fails; they wait in "
            + "the store and go out as it takes them"
        tell(.warning, message, in: &turn)
    }
}
