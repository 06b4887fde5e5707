import Synchronization

/// The queries that wait for one kind of loop, which take those of the users in turns.
final class QueryQueue: Sendable {
    private struct State {
        var queue: FairQueue<WaitingQuery>
        var takers: [CheckedContinuation<Void, Never>] = []
        var isFinished = false
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - capacity: how many queries of one user may wait, where none of others do.
    ///   - share: how many of one caller.
    init(capacity: Int = 256, share: Int = 64) {
        state = Mutex(State(queue: FairQueue(capacity: capacity, share: share)))
    }

    var isEmpty: Bool { state.withLock { $0.queue.isEmpty } }

    /// Whether there was room.
    func put(_ query: WaitingQuery) -> Bool {
        let (hasRoom, taker) = state.withLock { state in
            (state.queue.append(query, from: query.replyTo, of: query.user), state.takers.popLast())
        }
        taker?.resume()
        return hasRoom
    }

    /// The next query; suspends while none waits. Nil once finished. Several may wait.
    func next() async -> WaitingQuery? {
        while true {
            let (query, isFinished) = state.withLock { state in
                state.isFinished ? (nil, true) : (state.queue.popFirst(), false)
            }
            if query != nil || isFinished { return query }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.queue.isEmpty, !state.isFinished else { return true }
                    state.takers.append(continuation)
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    /// Callers that wait get nil. Queries that wait are not answered.
    func finish() {
        let takers = state.withLock { state in
            state.isFinished = true
            defer { state.takers = [] }
            return state.takers
        }
        for taker in takers { taker.resume() }
    }
}
