import TaskGridCore
import TaskStore

/// The events of the types.
extension Scheduler {
    /// All types are told of once more, some with each ``takeEvents(repeating:)``.
    func repeatEvents() { typeQueues.repeatAll() }

    /// The events of the types in which something changed, and of some others.
    ///
    /// - Parameter repeating: of how many others.
    func takeEvents(repeating: Int = 0) -> [TypeEvent] {
        guard !isSuspended else { return [] }
        let now = clock.wall
        return typeQueues.takeChanged(repeating: repeating).map { typeQueue in
            typeQueue.isDirty = false
            var event = typeQueue.statistics.takeEvent(
                typeQueue.type, store: store.identity, counts: typeQueue.settled, breaker: typeQueue.breaker.state, at: now)
            event.paused = typeQueue.isPaused
            if typeQueue.hasWaiting(at: clock.now) { event.held = admission.reasons(for: typeQueue, at: time.moment()) }
            return event
        }
    }
}
