import ServiceSupport
import Synchronization
import TaskGridCore

extension Pipeline {
    /// Below this run time more is to be held ahead, above the other one nothing: what waits in a worker waits though others may be
    /// idle.
    private static let (shortRunTime, longRunTime) = (Duration.milliseconds(100), Duration.milliseconds(500))

    /// Hands tasks that wait behind a long one of their message to the slots that are free.
    func divideLongBatches() {
        let now = Moment(clock.now())
        let woken = state.withLock { state in
            state.slotTable.divideBatches(behind: Self.shortRunTime, at: now)
            return state.popResting(state.slotTable.waitingBatches)
        }
        wakeSlots(woken)
    }

    /// Grows the prefetch of types whose tasks are short, and shrinks that of those that have become long. Tasks of these that no slot
    /// has taken up until the next heartbeat are given back: other workers may be idle.
    func adaptPrefetch() async {
        guard let longest = settings.longestPrefetch, longest > settings.prefetch else { return }
        let now = Moment(clock.now())
        let (grown, shrunk) = state.withLock { state -> ([TaskType], [TaskType]) in
            guard !state.isDraining else { return ([], []) }
            let runTimes = state.slotTable.runTimes(at: now, beyond: Self.shortRunTime)
            let grown = runTimes.filter { $0.value <= Self.shortRunTime && !state.growing.contains($0.key) }.map(\.key)
            let shrunk = state.growing.filter { type in runTimes[type].map { $0 >= Self.longRunTime } ?? false }
            state.growing.formUnion(grown)
            state.growing.subtract(shrunk)
            for item in state.slotTable.returnWaiting(of: state.becameLong) { state.book(item) }
            state.becameLong = shrunk
            return (grown, Array(shrunk))
        }
        senderSignal.raise()
        if !grown.isEmpty { await transport.set(prefetch: longest, of: grown) }
        if !shrunk.isEmpty { await transport.set(prefetch: settings.prefetch, of: shrunk) }
    }
}
