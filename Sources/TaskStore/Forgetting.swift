package import TaskGridCore

/// A type is to be forgotten: its counters are added to those of the types that were forgotten before.
package struct Forgetting: Hashable, Sendable {
    package var type: TaskType

    package init(type: TaskType) {
        self.type = type
    }
}
