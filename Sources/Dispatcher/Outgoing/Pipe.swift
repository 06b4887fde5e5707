import DequeModule
import Synchronization

/// Hands values to one task in the order in which others send them, and makes senders wait while `capacity` of them are under way.
final class Pipe<Element: Sendable>: Sendable {
    private struct State {
        var elements: Deque<Element> = []
        var senders: [CheckedContinuation<Void, Never>] = []
        var receiver: CheckedContinuation<Void, Never>?
        var isFinished = false
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    func send(_ element: Element) async {
        let receiver = state.withLock { state in
            state.elements.append(element)
            defer { state.receiver = nil }
            return state.receiver
        }
        receiver?.resume()
        await withCheckedContinuation { continuation in
            let hasRoom = state.withLock { state in
                guard state.elements.count >= capacity, !state.isFinished else { return true }
                state.senders.append(continuation)
                return false
            }
            if hasRoom { continuation.resume() }
        }
    }

    /// The next value; nil after ``finish()`` and the last value. One receiver at a time.
    func receive() async -> Element? {
        while true {
            let (element, senders, isFinished) = state.withLock { state -> (Element?, [CheckedContinuation<Void, Never>], Bool) in
                let element = state.elements.popFirst()
                // All of them: what they sent is among the elements already, and may be taken before they wait.
                guard state.elements.count < capacity else { return (element, [], state.isFinished) }
                defer { state.senders = [] }
                return (element, state.senders, state.isFinished)
            }
            for sender in senders { sender.resume() }
            if let element { return element }
            if isFinished { return nil }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.elements.isEmpty, !state.isFinished else { return true }
                    state.receiver = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    func finish() {
        let waiting = state.withLock { state in
            state.isFinished = true
            defer { (state.senders, state.receiver) = ([], nil) }
            return state.senders + [state.receiver].compactMap(\.self)
        }
        for continuation in waiting { continuation.resume() }
    }
}
