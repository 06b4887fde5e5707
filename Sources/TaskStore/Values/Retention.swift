public import TaskGridCore

/// What a store keeps of tasks that have ended.
public struct Retention: Hashable, Sendable {
    /// Tasks that completed earlier go, and keys of submissions that were accepted earlier and have no tasks left.
    public var before: Timestamp
    /// How many ended tasks are kept, and how many keys: the oldest beyond go.
    public var keeping: Int
    /// Keys of submissions that were accepted at this time or later stay, whatever else is said.
    public var keysSince: Timestamp

    public init(before: Timestamp, keeping: Int, keysSince: Timestamp) {
        self.before = before
        self.keeping = keeping
        self.keysSince = keysSince
    }
}

/// What one step of forgetting came to.
public struct Pruned: Hashable, Sendable {
    public var tasks: Int
    public var keys: Int

    public init(tasks: Int = 0, keys: Int = 0) {
        self.tasks = tasks
        self.keys = keys
    }

    public var isEmpty: Bool { tasks == 0 && keys == 0 }
}
