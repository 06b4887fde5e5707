package import TaskGridCore

/// The limits of what a store keeps of ended tasks.
package struct Retention: Hashable, Sendable {
    /// Tasks that completed earlier go, and keys of submissions that were accepted earlier and have no tasks left.
    package var before: Timestamp
    /// How many ended tasks are kept, and how many keys: the oldest beyond go.
    package var keeping: Int
    /// Keys of submissions that were accepted at this time or later stay, whatever else is said.
    package var keysSince: Timestamp

    package init(before: Timestamp, keeping: Int, keysSince: Timestamp) {
        self.before = before
        self.keeping = keeping
        self.keysSince = keysSince
    }
}

/// The outcome of one step of forgetting.
package struct Pruned: Hashable, Sendable {
    package var tasks: Int
    package var keys: Int
    /// The step has not come to the end of what may be looked at: the next one goes on there.
    package var goesOn: Bool

    package init(tasks: Int = 0, keys: Int = 0, goesOn: Bool = false) {
        self.tasks = tasks
        self.keys = keys
        self.goesOn = goesOn
    }

    /// Nothing went.
    package var isEmpty: Bool { tasks == 0 && keys == 0 }
}
