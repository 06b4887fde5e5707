package import TaskGridCore

/// Whether a type's tasks wait because somebody asked for it. The store only remembers it; the dispatcher keeps to it.
package struct Pausing: Hashable, Sendable {
    package var type: TaskType
    package var isPaused: Bool

    package init(type: TaskType, isPaused: Bool) {
        self.type = type
        self.isPaused = isPaused
    }
}
