import Synchronization

/// Tells one waiter that something happened since it last looked. Raising it twice is raising it once.
final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func raise() {
        let waiter = state.withLock { state in
            let waiter = state.waiter.take()
            if waiter == nil { state.isRaised = true }
            return waiter
        }
        waiter?.resume()
    }

    /// Returns once the signal is raised, or at once where it was, and lowers it; returns too when the task is cancelled.
    ///
    /// - Precondition: no other task waits.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = state.withLock { state in
                    precondition(state.waiter == nil, "a signal has one waiter")
                    // The flag of cancellation is set before its handler runs: either it is seen here, or the handler
                    // finds the waiter.
                    if state.isRaised || Task.isCancelled {
                        state.isRaised = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
    }

    /// Waits for the signal, at most until `deadline`.
    func wait(until deadline: ContinuousClock.Instant?) async {
        guard let deadline else { return await wait() }
        await withTaskGroup { group in
            group.addTask { await self.wait() }
            // Cancelled when the signal came first: nothing to do about it.
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
    }
}
