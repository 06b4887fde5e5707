import Synchronization

/// The events so far, in order. Tests wait here for what they need to have happened, never for time.
package final class Journal<Entry: Sendable>: Sendable {
    private struct State {
        var entries: [Entry] = []
        /// A waiter for more than `count` entries.
        var waiters: [Int: (count: Int, continuation: CheckedContinuation<Void, Never>)] = [:]
        var waits = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var entries: [Entry] { state.withLock { $0.entries } }
    package var count: Int { state.withLock { $0.entries.count } }

    package func add(_ entry: Entry) {
        let ready = state.withLock { state in
            state.entries.append(entry)
            let ready = state.waiters.filter { $0.value.count < state.entries.count }
            for number in ready.keys { state.waiters[number] = nil }
            return ready.values
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// The first entry, from number `start` on, for which `choose` has a value; waits until there is one.
    ///
    /// - Throws: `CancellationError`.
    package func first<Value>(from start: Int = 0, _ choose: (Entry) -> Value?) async throws -> Value {
        var next = start
        while true {
            for entry in entries.dropFirst(next) {
                next += 1
                if let value = choose(entry) { return value }
            }
            try await wait(beyond: next)
        }
    }

    /// Returns once there are so many such entries. False where the test was cancelled, as its time limit does.
    package func saw(_ count: Int = 1, _ matches: (Entry) -> Bool) async -> Bool {
        var seen = 0
        do {
            try await first { entry -> Void? in
                if matches(entry) { seen += 1 }
                return seen >= count ? () : nil
            }
            return true
        } catch {
            return false
        }
    }

    /// Waits until there are more than `count` entries.
    ///
    /// - Throws: `CancellationError`.
    package func wait(beyond count: Int) async throws {
        let number = state.withLock { state in
            state.waits += 1
            return state.waits
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // The flag of cancellation is set before its handler runs: it is seen here, or the handler finds the waiter.
                let isOver = state.withLock { state in
                    if state.entries.count > count || Task.isCancelled { return true }
                    state.waiters[number] = (count, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume()
        }
        try Task.checkCancellation()
    }
}
