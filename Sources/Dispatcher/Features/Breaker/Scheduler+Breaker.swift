import Logging
import ServiceSupport
import TaskGridCore

extension CircuitBreaker {
    /// Whether an event says that a type's workers fail, or that they do not; nil where it says nothing of them. A task that was announced
    /// had been interrupted before, so that its worker had to say when it began.
    static func isFailure(_ event: TaskStateMachine.Event, _ action: TaskStateMachine.Action, wasAnnounced: Bool) -> Bool? {
        if case .ignored = action { return nil }
        switch event {
        case .succeeded: return false
        case .failed(_, let error): return error.code == .cancelled ? nil : !error.code.isFinal
        // The first death is blamed on whatever the worker held; only a task that was announced surely is the cause.
        case .interrupted(_, _, let started) where wasAnnounced && started: return true
        default: return nil
        }
    }
}

extension Scheduler {
    /// Changes a type's circuit breaker, and tells when it opens or closes.
    func changeBreaker(of typeQueue: TypeQueue, in turn: inout Turn, _ change: (inout CircuitBreaker) -> Void) {
        let before = typeQueue.breaker.state
        change(&typeQueue.breaker)
        let state = typeQueue.breaker.state
        guard state != before else { return }
        typeQueue.isDirty = true
        typeQueues.touch(typeQueue)
        let metadata: Logger.Metadata = [LogKey.taskType: "\(typeQueue.type)", LogKey.breakerState: "\(state)"]
        let consequence: String
        switch state {
        case .open:
            consequence = "is open: most recent attempts failed; its tasks wait"
            logger.warning("circuit breaker opened, tasks of the type wait", metadata: metadata)
        case .halfOpen:
            consequence = "is half open: a few tasks try its workers"
            logger.warning("circuit breaker half open, a few tasks try the workers", metadata: metadata)
        case .closed:
            consequence = "is closed: its tasks are handed out again"
            logger.notice("circuit breaker closed, tasks are handed out again", metadata: metadata)
        }
        tell(.warning, "the circuit breaker of type '\(typeQueue.type)' \(consequence)", in: &turn)
    }
}
