package import TaskGridCore

/// A part of what a search finds.
package struct TaskPage<Element: Sendable & Hashable>: Hashable, Sendable {
    /// The newest (highest id) first; may be empty though there are more.
    package var elements: [Element]
    /// The place where the search goes on: only ids below it are left. Nil: there are no more.
    package var next: TaskID?

    package init(elements: [Element], next: TaskID? = nil) {
        self.elements = elements
        self.next = next
    }
}
