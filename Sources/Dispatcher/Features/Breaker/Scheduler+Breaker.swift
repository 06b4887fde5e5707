import TaskGridCore

extension Scheduler {
    /// Tells a type's circuit breaker what an event says of its workers.
    func tellBreaker(
        _ event: TaskStateMachine.Event, _ action: TaskStateMachine.Action, wasAnnounced: Bool, _ id: TaskID, _ typeQueue: TypeQueue,
        _ now: Timestamp, _ plan: inout Plan
    ) {
        if case .ignored = action { return }
        let isFailure: Bool
        switch event {
        case .succeeded: isFailure = false
        case .failed(_, let error):
            guard error.code != .cancelled else { return }
            isFailure = !error.code.isFinal
        // The first death is blamed on whatever the worker held; only a task that was announced surely is the cause.
        case .interrupted(_, _, let started) where wasAnnounced && started: isFailure = true
        default: return
        }
        change(breakerOf: typeQueue, now, &plan) { [clock = plan.clock] in $0.ended(id, isFailure: isFailure, at: clock) }
    }

    /// Changes a breaker, and tells when it opens or closes.
    func change(breakerOf typeQueue: TypeQueue, _ now: Timestamp, _ plan: inout Plan, _ body: (inout CircuitBreaker) -> Void) {
        let before = typeQueue.breaker.state
        body(&typeQueue.breaker)
        let type = typeQueue.type
        guard typeQueue.breaker.state != before else { return }
        typeQueue.isDirty = true
        typeQueues.touch(typeQueue)
        switch typeQueue.breaker.state {
        case .open: warn("the circuit breaker of type '\(type)' is open: most recent attempts failed; its tasks wait", type, now, &plan)
        case .halfOpen: warn("the circuit breaker of type '\(type)' is half open: a few tasks try its workers", type, now, &plan)
        case .closed: warn("the circuit breaker of type '\(type)' is closed: its tasks are handed out again", type, now, &plan)
        }
    }
}
