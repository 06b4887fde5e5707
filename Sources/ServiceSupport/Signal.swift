import Synchronization

/// Wakes one loop. It stays raised until the loop has seen it, so no raise is lost; several raises are one.
///
/// A loop looks at its condition after each wait, because it may wake without cause.
package final class Signal: Sendable {
    private enum State {
        case lowered
        case raised
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.lowered)

    package init() {}

    package func raise() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard case .awaited(let waiter) = state else {
                state = .raised
                return nil
            }
            state = .lowered
            return waiter
        }
        waiter?.resume()
    }

    /// Forgets a raise that nobody has seen.
    package func lower() {
        state.withLock { if case .raised = $0 { $0 = .lowered } }
    }

    /// Returns when the signal is raised, and lowers it, or when the task is cancelled. One task waits at a time; a
    /// second one sends the first on its way.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: CheckedContinuation<Void, Never>? = state.withLock { state in
                    switch state {
                    case .raised:
                        state = .lowered
                        return continuation
                    case .lowered:
                        state = .awaited(continuation)
                        return nil
                    case .awaited(let other):
                        state = .awaited(continuation)
                        return other
                    }
                }
                ready?.resume()
            }
        } onCancel: {
            raise()
        }
    }

    /// Returns when the signal is raised, at the deadline, or when the task is cancelled.
    ///
    /// - Parameters:
    ///   - deadline: nil: none.
    ///   - sleep: sleeps until then, or throws when the task is cancelled.
    package func wait(
        until deadline: ContinuousClock.Instant?,
        sleep: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void = { try await Task.sleep(until: $0, clock: .continuous) }
    ) async {
        guard let deadline else { return await wait() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            // Cancelled when the signal came first: nothing to do about it.
            group.addTask { try? await sleep(deadline) }
            await group.next()
            group.cancelAll()
        }
    }
}
