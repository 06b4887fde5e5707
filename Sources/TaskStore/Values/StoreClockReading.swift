package import TaskGridCore

/// The store's clock, and what the wall clock showed with it.
package struct StoreClockReading: Hashable, Sendable {
    package var clock: Timestamp
    package var wall: Timestamp

    package init(clock: Timestamp, wall: Timestamp) {
        self.clock = clock
        self.wall = wall
    }

    /// Whether a later reading says more than this one: the wall clock was set, or a second has passed. Until then the time since is
    /// the wall clock's, and a commit need not write the page that has it.
    func mustFollow(_ later: StoreClockReading) -> Bool {
        let (passed, wallPassed) = (later.clock - clock, later.wall - wall)
        return passed >= .seconds(1) || abs(passed.milliseconds - wallPassed.milliseconds) > 5
    }
}
