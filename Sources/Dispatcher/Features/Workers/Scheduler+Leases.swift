import Logging
import ServiceSupport
import TaskGridCore

/// Workers whose lease has ended: their attempts are over.
extension Scheduler {
    /// Plans what the silence of workers means. A broker that takes no messages of ours takes none of the workers either: then their
    /// silence says nothing. That it takes none it says only when it is given one.
    func planLeases(in turn: inout Turn) async {
        guard await findGone(workers.late(at: .now).map { [$0] } ?? []) != nil else { return }
        let instant = ContinuousClock.now
        if rollCall.call(at: instant) {
            workers.renewAll(at: instant)
            interruptions.extend(to: turn.moment + Self.shortestLease)
        }
        endLeases(at: instant, in: &turn)
        planVerdicts(in: &turn)
        await planOrphans(in: &turn)
        await planUnattended(in: &turn)
        for typeQueue in typeQueues.withTasksHandedOut() {
            typeQueue.learnFromRunning(at: turn.moment)
            endTimedOut(of: typeQueue, in: &turn)
        }
    }

    /// With its worker's lease gone an attempt is over, at the time when the worker was last heard of.
    private func endLeases(at instant: ContinuousClock.Instant, in turn: inout Turn) {
        let (gone, departed) = workers.expire(at: instant)
        for type in departed + gone.flatMap(\.message.types) { typeQueues[type]?.lastDeath = turn.moment }
        guard !gone.isEmpty else { return }
        var count = 0
        for worker in gone {
            refresh(worker.message.types)
            let served = worker.message.types.compactMap { typeQueues[$0] }.filter { !$0.handed.isEmpty }
            var tasks = 0
            for typeQueue in served {
                for held in worker.message.running + worker.message.waiting {
                    guard let holder = typeQueue.handed[held.task]?.holder, holder == (worker.message.worker, worker.report) else {
                        continue
                    }
                    tasks += 1
                    endLease(of: held, in: typeQueue, worker: worker, &turn)
                }
            }
            count += tasks
            logger.warning(
                "worker lease ended, its tasks wait for another worker",
                metadata: [LogKey.workerID: "\(worker.message.worker)", LogKey.taskCount: "\(tasks)"]
            )
        }
        let names = gone.prefix(3).map(\.message.worker).joined(separator: ", ") + (gone.count > 3 ? ", …" : "")
        let subject = gone.count == 1 ? "worker \(names) has" : "\(gone.count) workers (\(names)) have"
        let tasks = count == 1 ? "1 task waits" : "\(count) tasks wait"
        let message = "\(subject) not been heard of for a whole lease: \(count == 0 ? "no task was lost" : "\(tasks) for another worker")"
        tell(.warning, message, in: &turn)
    }

    private func endLease(
        of held: RegistryMessage.Held, in typeQueue: TypeQueue, worker: WorkerTable.Worker, _ turn: inout Turn
    ) {
        guard let machine = typeQueue.handed[held.task]?.machine, machine.attempt == held.attempt else { return }
        let started = machine.interruptions == 0 || machine.state == .running
        let heard = Moment(worker.heard)
        if started, interruptions.isProvisional(held.task), machine.interruptions + 1 >= TaskStateMachine.maximumInterruptions {
            return interrupt(held, of: typeQueue, worker: worker.message.worker, heard: heard, until: turn.moment, in: &turn)
        }
        let event = TaskStateMachine.Event.interrupted(attempt: held.attempt, holderLives: false, started: started)
        apply(event, to: held.task, of: typeQueue, report: AttemptAccount(heard: heard), in: &turn)
    }
}
