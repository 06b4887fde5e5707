import Logging
import Synchronization

/// What has happened so far, in order, for a test to wait for.
final class Journal<Event: Sendable>: Sendable {
    private struct Waiter {
        let number: Int
        let count: Int
        let matches: @Sendable (Event) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var events: [Event] = []
        var waiters: [Waiter] = []
        var calls = 0
    }

    private let state = Mutex(State())

    var events: [Event] { state.withLock { $0.events } }

    func record(_ event: Event) {
        let ready = state.withLock { state in
            state.events.append(event)
            let ready = state.waiters.filter { waiter in state.events.count(where: waiter.matches) >= waiter.count }
            state.waiters.removeAll { waiter in ready.contains { $0.number == waiter.number } }
            return ready
        }
        for waiter in ready { waiter.continuation.resume(returning: true) }
    }

    /// Returns once so many such events have been recorded, those of the past included. False where the test was cancelled,
    /// as its time limit does.
    func saw(_ count: Int = 1, _ matches: @escaping @Sendable (Event) -> Bool) async -> Bool {
        let number = state.withLock { state in
            state.calls += 1
            return state.calls
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.events.count(where: matches) >= count { return true }
                    if Task.isCancelled { return false }
                    state.waiters.append(Waiter(number: number, count: count, matches: matches, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }
}

/// A log whose lines tests wait for.
struct LogJournal: LogHandler {
    let journal = Journal<String>()
    var logLevel = Logger.Level.debug
    var metadata: Logger.Metadata = [:]

    var logger: Logger { Logger(label: "test") { _ in self } }

    func log(event: LogEvent) { journal.record("\(event.message)") }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
