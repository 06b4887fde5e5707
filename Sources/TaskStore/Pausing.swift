package import TaskGridCore

/// Whether a type's tasks wait, for somebody asked for it. The store only remembers it: who takes tasks keeps to it.
package struct Pausing: Hashable, Sendable {
    package var type: TaskType
    package var isPaused: Bool

    package init(type: TaskType, isPaused: Bool) {
        self.type = type
        self.isPaused = isPaused
    }
}
