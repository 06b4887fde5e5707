public import TaskGridCore

/// The store's clock, and what the wall clock showed with it.
public struct StoreClockReading: Hashable, Sendable {
    public var clock: Timestamp
    public var wall: Timestamp

    public init(clock: Timestamp, wall: Timestamp) {
        self.clock = clock
        self.wall = wall
    }
}
