import Logging
import ServiceSupport
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
            event.pausedUntil = typeQueue.pause?.until.map(clock.shown)
            if typeQueue.hasWaiting(at: clock.now) { event.held = admission.reasons(for: typeQueue, at: time.moment()) }
            event.oldest = typeQueue.oldestQueued.map(clock.shown)
            return event
        }
    }

    /// Of how many types one second's events say which task waits longest in the store.
    private static let examined = 100

    /// Adds which task waits longest, where it waits in the store.
    func addOldestWaiting(to events: inout [TypeEvent]) async {
        let waiting = events.filter { $0.states.pending + $0.states.scheduled > 0 }.map(\.type).prefix(Self.examined)
        guard !waiting.isEmpty else { return }
        do throws(StoreError) {
            let oldest = try await store.oldestWaiting(of: Array(waiting), at: clock.now)
            for index in events.indices {
                events[index].oldest = .older(events[index].oldest, oldest[events[index].type].map(clock.shown))
            }
        } catch {
            logger.debug("store cannot be read, events lack what waits longest", metadata: [LogKey.error: "\(error)"])
        }
    }
}
