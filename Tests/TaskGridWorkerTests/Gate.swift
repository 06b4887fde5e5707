import TestSupport

/// Closed until it is opened, then open for good. A wait ends too when its task is cancelled.
struct Gate: Sendable {
    private let latch = Latch()
    private let heedsCancellation: Bool

    /// - Parameter heedsCancellation: false: like code that pays no heed to its cancellation.
    init(heedsCancellation: Bool = true) { self.heedsCancellation = heedsCancellation }

    var isOpen: Bool { latch.isOpen }

    func open() { latch.open() }

    func wait() async {
        guard heedsCancellation else { return await latch.waitStubbornly() }
        // It throws only where the task is cancelled.
        try? await latch.wait()
    }
}
