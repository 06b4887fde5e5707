import Synchronization

/// The deliveries of one consumer that wait until they are taken, all at once. Bounded by the consumer's prefetch: the broker
/// hands out no more until some are acknowledged.
final class DeliveryMailbox: Sendable {
    /// A suspended call of ``next()``, by its number.
    private struct Taker {
        let call: Int
        let continuation: CheckedContinuation<[Delivery]?, Never>
    }

    private struct State {
        var deliveries: [Delivery] = []
        var taker: Taker?
        var calls = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    /// All that wait; suspends while none does. nil at the end, and when the task is cancelled.
    func next() async -> [Delivery]? {
        let call = state.withLock { state in
            state.calls += 1
            return state.calls
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (now, displaced): ([Delivery]??, Taker?) = state.withLock { state in
                    if Task.isCancelled { return (.some(nil), nil) }
                    if !state.deliveries.isEmpty {
                        defer { state.deliveries = [] }
                        return (state.deliveries, nil)
                    }
                    if state.isFinished { return (.some(nil), nil) }
                    defer { state.taker = Taker(call: call, continuation: continuation) }
                    return (nil, state.taker)
                }
                displaced?.continuation.resume(returning: nil)
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            let taker = state.withLock { state -> Taker? in
                // Another call's wait is its own.
                guard state.taker?.call == call else { return nil }
                defer { state.taker = nil }
                return state.taker
            }
            taker?.continuation.resume(returning: nil)
        }
    }

    func put(_ deliveries: [Delivery]) {
        let taker = state.withLock { state -> Taker? in
            guard !state.isFinished else { return nil }
            if let taker = state.taker {
                state.taker = nil
                return taker
            }
            state.deliveries += deliveries
            return nil
        }
        taker?.continuation.resume(returning: deliveries)
    }

    /// Drops what waits: the broker has taken it back and will deliver it again.
    func drop() {
        state.withLock { $0.deliveries = [] }
    }

    /// Nothing more comes; deliveries that wait can still be taken.
    func finish() {
        let taker = state.withLock { state in
            state.isFinished = true
            defer { state.taker = nil }
            return state.taker
        }
        taker?.continuation.resume(returning: nil)
    }
}
