import Synchronization

/// Closed until it is opened, then open for good. A wait ends too when its task is cancelled.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var last = 0
    }

    private let state = Mutex(State())
    private let heedsCancellation: Bool

    /// - Parameter heedsCancellation: false: like code that pays no heed to its cancellation.
    init(heedsCancellation: Bool = true) { self.heedsCancellation = heedsCancellation }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goes = state.withLock { state in
                    if state.isOpen || heedsCancellation && Task.isCancelled { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if goes { continuation.resume() }
            }
        } onCancel: {
            guard heedsCancellation else { return }
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}
