import Foundation
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// The report of a worker on an attempt, as far as there is one.
struct AttemptAccount {
    var payload = Data()
    /// Empty: no worker said it.
    var worker = ""
    var runTime = Duration.zero
    /// When the worker that the event ends was last heard of; nil: now.
    var heard: Moment?
}

/// The outcome of a task that is handed out.
extension Scheduler {
    /// Gives an event to a task's state machine and plans what follows; nothing where the task is not handed out.
    func apply(
        _ event: TaskStateMachine.Event, to id: TaskID, of typeQueue: TypeQueue, report: AttemptAccount = AttemptAccount(),
        in turn: inout Turn
    ) {
        guard let index = typeQueue.handed.index(forKey: id) else { return }
        apply(event, at: index, of: typeQueue, report: report, in: &turn)
    }

    func apply(
        _ event: TaskStateMachine.Event, at index: Dictionary<TaskID, HandedTask>.Index, of typeQueue: TypeQueue, report: AttemptAccount,
        in turn: inout Turn
    ) {
        let id = typeQueue.handed.keys[index]
        let wasAnnounced = typeQueue.handed.values[index].machine.interruptions > 0
        let action = typeQueue.handed.values[index].machine.handle(event)
        if let isFailure = CircuitBreaker.isFailure(event, action, wasAnnounced: wasAnnounced) {
            changeBreaker(of: typeQueue, in: &turn) { [moment = turn.moment] in $0.ended(id, isFailure: isFailure, at: moment) }
        }
        switch action {
        case .none:
            break
        case .ignored(let reason):
            logger.debug("task event ignored", metadata: [LogKey.taskID: "\(id)", LogKey.reason: "\(reason)"])
        case .handOut:
            record(event, of: id, in: typeQueue, report: report, &turn)
            let isLost = if case .lost = event { true } else { false }
            putBack(at: index, of: typeQueue, in: &turn) { [now = turn.now] machine in
                isLost ? now + RetryPolicy.delay(afterLossOf: machine) : nil
            }
        case .retry(let number):
            let delay = configuration.retry.delay(beforeRetry: number, of: typeQueue.handed.values[index])
            var error: TaskError?
            if case .failed(_, let cause) = event { error = cause }
            typeQueue.statistics.attemptRetried()
            record(event, of: id, in: typeQueue, report: report, &turn)
            putBack(at: index, of: typeQueue, error: error, in: &turn) { [now = turn.now] _ in now + delay }
        case .end(let state, let error):
            if state != .succeeded { record(event, of: id, in: typeQueue, report: report, &turn) }
            let task = typeQueue.remove(at: index)
            let attempt = task.machine.attempt
            turn.plan.end(
                task,
                with: NewEnding(
                    id: id, type: typeQueue.type, state: state, result: state == .succeeded ? report.payload : Data(),
                    error: error, worker: report.worker, attempt: attempt, runTime: report.runTime, completed: turn.now
                )
            )
        }
    }

    /// A task leaves the window for the store: for its schedule, or without a due time to go out again at once.
    private func putBack(
        at index: Dictionary<TaskID, HandedTask>.Index, of typeQueue: TypeQueue, error: TaskError? = nil, in turn: inout Turn,
        due: (TaskStateMachine) -> Timestamp?
    ) {
        let id = typeQueue.handed.keys[index]
        let machine = typeQueue.remove(at: index).machine
        let due = due(machine)
        if let due { typeQueue.scheduled(for: due) } else { typeQueue.waitsAgain() }
        turn.plan.changes.schedules.append(
            Schedule(
                id: id, type: typeQueue.type, attempt: machine.attempt, failures: machine.failures, interruptions: machine.interruptions,
                due: due, error: error
            )
        )
    }
}
