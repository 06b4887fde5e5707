/// Closed until it is opened, then open for good.
package struct Latch: Sendable {
    private let openings = Journal<Void>()

    package init() {}

    package var isOpen: Bool { openings.count > 0 }

    package func open() { openings.add(()) }

    /// - Throws: `CancellationError`.
    package func wait() async throws { try await openings.wait(beyond: 0) }

    /// Waits whatever happens to the calling task, as code does that pays no heed to its cancellation.
    package func waitStubbornly() async {
        // Unstructured, which is what keeps cancellation away from it; it ends when the latch opens.
        try? await Task { try await wait() }.value
    }
}
