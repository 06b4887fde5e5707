import LocalGrid
import Synchronization

/// Keeps what a supervisor tells, and lets a test wait for some of it.
final class ProcessEvents: Sendable {
    private let kept = Mutex<[ProcessEvent]>([])
    private let stream: AsyncStream<ProcessEvent>
    private let continuation: AsyncStream<ProcessEvent>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1_000))
    }

    var all: [ProcessEvent] { kept.withLock { $0 } }

    func add(_ event: ProcessEvent) {
        kept.withLock { $0.append(event) }
        continuation.yield(event)
    }

    /// Ends the waits of whoever waits for an event that will not come any more.
    func finish() { continuation.finish() }

    /// The next event, told or to come, that `matches`; nil when there will be none.
    func next(_ matches: (ProcessEvent) -> Bool) async -> ProcessEvent? {
        for await event in stream where matches(event) { return event }
        return nil
    }
}

extension ProcessEvent {
    var isReady: Bool { if case .ready = what { true } else { false } }
    var isStopped: Bool { if case .stopped = what { true } else { false } }
    /// The number of the start, for an event that tells a restart.
    var attempt: Int? { if case .restarting(let attempt, _) = what { attempt } else { nil } }
    var ending: Ending? {
        switch what {
        case .ended(let ending), .stopped(let ending): ending
        default: nil
        }
    }
}
