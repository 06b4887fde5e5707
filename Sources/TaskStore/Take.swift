package import TaskGridCore

/// Asks for tasks of a type to hand out: first scheduled ones that are due, the longest due first; then pending ones, a higher
/// priority first, then the lower id.
package struct Take: Hashable, Sendable {
    package var type: TaskType
    /// The most tasks.
    package var limit: Int
    /// The most bytes of payload in all; a first task is given however large it is.
    package var bytes: Int
    /// Tasks that are due at or before this time may be taken.
    package var now: Timestamp

    package init(type: TaskType, limit: Int, bytes: Int, now: Timestamp) {
        self.type = type
        self.limit = limit
        self.bytes = bytes
        self.now = now
    }
}
