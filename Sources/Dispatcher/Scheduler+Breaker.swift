import TaskGridCore

extension Scheduler {
    /// Tells a type's circuit breaker what an event says of its workers.
    func tellBreaker(
        _ event: TaskStateMachine.Event, _ action: TaskStateMachine.Action, wasAnnounced: Bool, _ id: TaskID, _ type: TaskType,
        _ now: Timestamp, _ plan: inout Plan
    ) {
        if case .ignored = action { return }
        let isFailure: Bool
        switch event {
        case .succeeded: isFailure = false
        case .failed(_, let error):
            guard error.code != .cancelled else { return }
            isFailure = error.code != .invalidInput
        // The first death is blamed on whatever the worker held; only a task that was announced surely is the cause.
        case .interrupted where wasAnnounced: isFailure = true
        default: return
        }
        change(breakerOf: type, now, &plan) { $0.ended(id, isFailure: isFailure, at: .now) }
    }

    /// Changes a breaker, and tells when it opens or closes.
    func change(breakerOf type: TaskType, _ now: Timestamp, _ plan: inout Plan, _ body: (inout CircuitBreaker) -> Void) {
        guard var breaker = lanes[type]?.breaker else { return }
        let before = breaker.state
        body(&breaker)
        lanes[type]?.breaker = breaker
        guard breaker.state != before else { return }
        lanes[type]?.isDirty = true
        switch breaker.state {
        case .open: warn("the circuit breaker of type '\(type)' is open: most recent attempts failed; its tasks wait", type, now, &plan)
        case .halfOpen: warn("the circuit breaker of type '\(type)' is half open: a few tasks try its workers", type, now, &plan)
        case .closed: warn("the circuit breaker of type '\(type)' is closed: its tasks are handed out again", type, now, &plan)
        }
    }
}
