import TaskGridCore
import TaskStore

/// The history of tasks: what became of attempts that did not succeed.
extension Scheduler {
    /// Plans the record of an attempt that has ended without success. A task that was given back before it began has no such attempt.
    func record(
        _ event: TaskStateMachine.Event, of id: TaskID, in typeQueue: TypeQueue, report: AttemptAccount, _ turn: inout Turn
    ) {
        guard let task = typeQueue.handed[id] else { return }
        let outcome: Attempt.Outcome
        var error: TaskError?
        switch event {
        case .failed(_, let cause):
            outcome = cause.code == .timedOut ? .timedOut : cause.code == .cancelled ? .cancelled : .failed
            error = cause
        case .interrupted:
            outcome = .interrupted
            error = TaskError(.interrupted, "its worker, or the worker's connection, went away")
        case .lost:
            outcome = .lost
            error = TaskError(.interrupted, "its delivery was nowhere")
        case .cancelled where task.runningSince != nil:
            outcome = .cancelled
            error = TaskError(.cancelled, "cancelled on request")
        default: return
        }
        // An attempt whose worker fell silent is known to have run as long as that was heard of.
        let end = report.heard ?? .now
        let known = report.runTime > .zero ? report.runTime : task.runningSince.map { max(.zero, end - $0) }
        turn.plan.changes.attempts.append(
            EndedAttempt(
                id: id,
                attempt: .ended(
                    max(1, task.machine.attempt), outcome, at: turn.now + (.zero - (.now - end)), after: known,
                    worker: report.worker.isEmpty ? task.holder?.worker : report.worker, error: error
                )
            )
        )
    }

    /// The record as it stands now, with the attempt that runs as the last one; of a task that waits though it could run, with the reasons.
    func withRunningAttempt(_ task: TaskRecord) -> TaskRecord {
        guard var task = current([task]).first else { return task }
        let isDue = task.status == .pending || (task.status == .scheduled && task.due.map { $0 <= clock.wall } == true)
        if isDue, let typeQueue = typeQueues[task.type] { task.held = admission.reasons(for: typeQueue, at: time.moment()) }
        guard let handed = typeQueues[task.type]?.handed[task.id], let since = handed.runningSince else { return task }
        let runTime = Moment.now - since
        task.attempts.append(
            Attempt(
                number: handed.machine.attempt, worker: handed.holder?.worker, started: clock.wall - runTime, runTime: runTime,
                outcome: .running
            )
        )
        return task
    }
}
