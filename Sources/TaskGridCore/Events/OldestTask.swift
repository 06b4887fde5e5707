/// The task of a type that waits longest, and since when it could run.
package struct OldestTask: Hashable, Sendable, Codable {
    package var id: TaskID
    /// When it was accepted, or due.
    package var since: Timestamp

    package init(id: TaskID, since: Timestamp) {
        self.id = id
        self.since = since
    }

    /// The one that waits longer.
    package static func older(_ one: OldestTask?, _ other: OldestTask?) -> OldestTask? {
        guard let one, let other else { return one ?? other }
        return (other.since, other.id) < (one.since, one.id) ? other : one
    }
}
