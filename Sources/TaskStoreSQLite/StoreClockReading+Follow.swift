import TaskGridCore
import TaskStore

extension StoreClockReading {
    /// Whether a later reading says more than this one: the wall clock was set, or a second has passed. Until then the time since is
    /// the wall clock's, and a commit need not write the page that has it.
    func mustFollow(_ later: StoreClockReading) -> Bool {
        let (passed, wallPassed) = (later.clock - clock, later.wall - wall)
        return passed >= .seconds(1) || abs(passed.milliseconds - wallPassed.milliseconds) > 5
    }
}
