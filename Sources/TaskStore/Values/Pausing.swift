public import TaskGridCore

/// Whether a type's tasks wait, for somebody asked for it. The store only remembers it: who takes tasks keeps to it.
public struct Pausing: Hashable, Sendable {
    public var type: TaskType
    public var isPaused: Bool

    public init(type: TaskType, isPaused: Bool) {
        self.type = type
        self.isPaused = isPaused
    }
}
