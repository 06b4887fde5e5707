public import TaskGridCore

/// Asks for tasks of a type to hand out: first scheduled ones that are due, the longest due first; then pending ones, a higher
/// priority first, then the lower id.
public struct Take: Hashable, Sendable {
    public var type: TaskType
    /// The most tasks.
    public var limit: Int
    /// The most bytes of payload in all; a first task is given however large it is.
    public var bytes: Int
    /// What is due at or before this time may be taken.
    public var now: Timestamp

    public init(type: TaskType, limit: Int, bytes: Int, now: Timestamp) {
        self.type = type
        self.limit = limit
        self.bytes = bytes
        self.now = now
    }
}
