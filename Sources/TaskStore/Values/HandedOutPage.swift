/// A part of the tasks that are handed out.
package struct HandedOutPage: Hashable, Sendable {
    /// In no particular order.
    package var tasks: [OpenTask]
    /// Where the list goes on; nil: there are no more.
    package var next: HandedOutPosition?

    package init(tasks: [OpenTask], next: HandedOutPosition? = nil) {
        self.tasks = tasks
        self.next = next
    }
}

/// How far a list of handed-out tasks has been read. Only the store that gave it knows what it means.
package struct HandedOutPosition: Hashable, Sendable {
    /// The tasks on the cursors are read, and those that are deferred are left.
    let isDeferred: Bool
    let type: Int64
    let priority: Int
    /// Only ids above.
    let id: Int64
}
