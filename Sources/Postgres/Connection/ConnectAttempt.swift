import Synchronization

/// A caller that waits for a connection. It is told once, by the connection's thread or by its own clock: the thread may be in a look-up of
/// host names, which nothing ends.
final class ConnectAttempt: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Result<Void, PostgresError>, Never>)
        case over(Result<Void, PostgresError>)
    }

    let deadline: ContinuousClock.Instant
    private let state = Mutex(State.new)

    init(deadline: ContinuousClock.Instant) { self.deadline = deadline }

    var isOver: Bool {
        state.withLock { state in
            if case .over = state { true } else { false }
        }
    }

    func wait() async -> Result<Void, PostgresError> {
        await withCheckedContinuation { continuation in
            let result: Result<Void, PostgresError>? = state.withLock { state in
                if case .over(let result) = state { return result }
                state = .waiting(continuation)
                return nil
            }
            if let result { continuation.resume(returning: result) }
        }
    }

    /// Ends the wait. False where it was over before.
    @discardableResult
    func finish(_ result: Result<Void, PostgresError>) -> Bool {
        let (isFirst, waiter): (Bool, CheckedContinuation<Result<Void, PostgresError>, Never>?) = state.withLock { state in
            defer { if case .over = state {} else { state = .over(result) } }
            switch state {
            case .new: return (true, nil)
            case .waiting(let continuation): return (true, continuation)
            case .over: return (false, nil)
            }
        }
        waiter?.resume(returning: result)
        return isFirst
    }
}
