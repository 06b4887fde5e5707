import ServiceSupport
import Synchronization
import TaskGridCore

extension Pipeline {
    /// Ends what runs out of time. One alarm serves all: it is set to the first deadline, and set anew when it has rung
    /// or when an item with an earlier one begins.
    func watchDeadlines() async {
        while !Task.isCancelled {
            let alarm = state.withLock { $0.alarm }
            // No clock need bear a deadline of centuries.
            await alarmSignal.wait(until: alarm.map { min($0.instant, clock.now() + .seconds(3600)) }, sleep: clock.sleep)
            let now = Moment(clock.now())
            let ended = state.withLock { state in
                let ended = state.slotTable.expire(at: now)
                state.alarm = state.slotTable.firstDeadline
                return ended
            }
            if !ended.finished.isEmpty { finish(ended) }
        }
    }
}
