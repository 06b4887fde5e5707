package import TaskGridCore

/// The ids that a submission's tasks have: consecutive, and higher than all that were given before.
package struct Accepted: Hashable, Sendable {
    /// The id of its first task. A submission without tasks has none, and leaves no trace: then this is the id that comes next.
    package var first: TaskID
    package var count: Int
    /// Whether its key had been accepted before: the same ids are answered, and nothing was added.
    package var isRepeat: Bool
    /// Of a repeat: the key was accepted for something else, of this type, whose ids these are.
    package var conflict: TaskType?

    package init(first: TaskID, count: Int, isRepeat: Bool, conflict: TaskType? = nil) {
        self.first = first
        self.count = count
        self.isRepeat = isRepeat
        self.conflict = conflict
    }
}
