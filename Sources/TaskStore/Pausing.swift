package import TaskGridCore

/// A type's tasks wait because somebody asked for it.
package struct Pause: Hashable, Sendable {
    /// When it is over, by the store's clock; nil: when somebody resumes the type.
    package var until: Timestamp?

    package init(until: Timestamp? = nil) {
        self.until = until
    }
}

/// A change of whether a type is paused. The store only remembers it; the dispatcher keeps to it.
package struct Pausing: Hashable, Sendable {
    package var type: TaskType
    /// Nil: the type is not paused any more.
    package var pause: Pause?

    package init(type: TaskType, pause: Pause?) {
        self.type = type
        self.pause = pause
    }
}
