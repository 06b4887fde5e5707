import AMQP
import DequeModule
import Synchronization
import TaskGridCore

/// What waits for the dispatcher's next turn. Bounded: deliveries by the prefetch, the rest by what is handed out and by
/// the workers there are.
final class Inbox: Sendable {
    /// What a turn takes up together.
    struct Intake {
        var deliveries: [Delivery] = []
        var registry: [(RegistryMessage.Kind, RegistryMessage)] = []
        /// Work that did not reach a queue.
        var undelivered: [Undelivered] = []
        /// Open tasks to cancel.
        var cancels: [TaskID] = []
        /// Time may have made something due.
        var isTick = false
        /// Stop after this turn.
        var isFinished = false
        /// The connection was lost and stands again: what the dispatcher believes must be read anew.
        var mustResume = false

        var isEmpty: Bool {
            deliveries.isEmpty && registry.isEmpty && undelivered.isEmpty && cancels.isEmpty && !isTick && !isFinished && !mustResume
        }
    }

    struct Undelivered: Hashable {
        var type: TaskType
        var held: RegistryMessage.Held
        /// The broker has no queue for the type, or else its queue would not take the message.
        var isUnroutable: Bool
    }

    private struct State {
        var intake = Intake()
        var deliveries: Deque<Delivery> = []
        var taker: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func put(_ deliveries: [Delivery]) {
        add { $0.deliveries.append(contentsOf: deliveries) }
    }

    func update(_ change: (inout Intake) -> Void) {
        add { change(&$0.intake) }
    }

    private func add(_ change: (inout State) -> Void) {
        let taker = state.withLock { state in
            change(&state)
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume()
    }

    /// All that waits, deliveries up to `bytes` of bodies (at least one); suspends while nothing does. One caller at a time.
    func take(bytes: Int) async -> Intake {
        while true {
            let intake = state.withLock { state -> Intake? in
                var intake = state.intake
                var size = 0
                while let next = state.deliveries.first, size == 0 || size + next.message.body.count <= bytes {
                    size += max(1, next.message.body.count)
                    intake.deliveries.append(next)
                    state.deliveries.removeFirst()
                }
                guard !intake.isEmpty else { return nil }
                state.intake = Intake()
                return intake
            }
            if let intake { return intake }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.intake.isEmpty, state.deliveries.isEmpty else { return true }
                    state.taker = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }
}
