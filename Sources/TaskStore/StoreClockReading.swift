package import TaskGridCore

/// The store's clock, and what the wall clock showed with it.
package struct StoreClockReading: Hashable, Sendable {
    package var clock: Timestamp
    package var wall: Timestamp

    package init(clock: Timestamp, wall: Timestamp) {
        self.clock = clock
        self.wall = wall
    }
}
