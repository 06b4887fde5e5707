/// A part of the tasks that are handed out.
package struct HandedOutPage: Hashable, Sendable {
    /// In no particular order.
    package var tasks: [OpenTask]
    /// The place where the list goes on; nil: there are no more.
    package var next: HandedOutPosition?

    package init(tasks: [OpenTask], next: HandedOutPosition? = nil) {
        self.tasks = tasks
        self.next = next
    }
}

/// How far a list of handed-out tasks has been read. Only the store that gave it knows what its numbers mean.
package struct HandedOutPosition: Hashable, Sendable {
    package let token: [Int64]

    package init(token: [Int64]) {
        self.token = token
    }
}
