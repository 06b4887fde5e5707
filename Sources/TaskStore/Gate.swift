import Synchronization

/// The way into a store: lets calls in until it is closed, and closes when the last of them has left.
package final class Gate: Sendable {
    private struct State {
        var isClosed = false
        var inside = 0
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether the caller may go in; if so it must `leave`.
    package func enter() -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.inside += 1
            return true
        }
    }

    /// The caller has left.
    package func leave() {
        let closers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.inside -= 1
            guard state.isClosed, state.inside == 0 else { return [] }
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }

    /// Lets nobody in any more, and returns when nobody is inside.
    ///
    /// - Returns: Whether this call was the first to close it.
    package func close() async -> Bool {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if state.inside > 0 { state.closers.append(continuation) }
                return state.inside == 0
            }
            if isEmpty { continuation.resume() }
        }
        return isFirst
    }
}
