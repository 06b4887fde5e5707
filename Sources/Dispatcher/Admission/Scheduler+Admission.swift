import TaskGridCore

extension Scheduler {
    /// Moves what time moves in the policies of a type: its breaker, and the limit of its work queue. Such a type stays among those that
    /// may hand out, since it may more once time has passed.
    func advanceAdmission(of typeQueue: TypeQueue, in turn: inout Turn) {
        if typeQueue.queueLimit != nil {
            typeQueue.growQueueLimit(at: .now, window: admission.window(of: typeQueue))
            typeQueues.makeReady(typeQueue)
        }
        if typeQueue.breaker.state != .closed {
            changeBreaker(of: typeQueue, in: &turn) { [moment = turn.moment] in $0.advance(to: moment) }
            typeQueues.makeReady(typeQueue)
        }
    }
}
