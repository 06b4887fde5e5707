import AMQP
import DequeModule
import Synchronization
import TaskGridCore

/// What waits for the dispatcher's next turn. Bounded: arrivals by the prefetch, orders by number, the rest by what is
/// handed out and by the workers there are.
final class Inbox: Sendable {
    /// What a turn takes up together.
    struct Intake {
        var arrivals: [Arrival] = []
        var registry: [(RegistryMessage.Kind, RegistryMessage)] = []
        /// Work that did not reach a queue.
        var undelivered: [Undelivered] = []
        /// What is asked to be done with tasks.
        var orders: [Order] = []
        /// Time may have made something due.
        var isTick = false
        /// Stop after this turn.
        var isFinished = false
        /// The connection was lost and stands again: what the dispatcher believes must be read anew.
        var mustResume = false

        var isEmpty: Bool {
            arrivals.isEmpty && registry.isEmpty && undelivered.isEmpty && orders.isEmpty && !isTick && !isFinished && !mustResume
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
        var arrivals: Deque<Arrival> = []
        /// Where in the intake each worker's latest word is.
        var words: [String: Int] = [:]
        var orders: Deque<Order> = []
        var taker: CheckedContinuation<Void, Never>?
    }

    /// How many orders may wait, and how many a turn takes up: each may concern a thousand tasks.
    private static let maximumOrders = 64
    private static let ordersOfATurn = 8

    private let state = Mutex(State())

    func put(_ arrivals: [Arrival]) {
        add { $0.arrivals.append(contentsOf: arrivals) }
    }

    /// What workers say of themselves. Each message says everything, so of one worker only the latest is kept.
    func put(_ registry: [(RegistryMessage.Kind, RegistryMessage)]) {
        add { state in
            for message in registry {
                if let place = state.words[message.1.worker] {
                    state.intake.registry[place] = message
                } else if state.words.count < WorkerTable.defaultMaximum {
                    state.words[message.1.worker] = state.intake.registry.count
                    state.intake.registry.append(message)
                }
            }
        }
    }

    /// Whether there is room for the order; else whoever gave it has to ask again.
    func put(_ order: Order) -> Bool {
        var hasRoom = false
        add { state in
            hasRoom = state.orders.count < Self.maximumOrders
            if hasRoom { state.orders.append(order) }
        }
        return hasRoom
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

    /// The submissions that wait, to be rejected: no turn accepts them.
    func turnAway() -> [Submission] {
        state.withLock { state in state.arrivals.indices.compactMap { state.arrivals[$0].turnAway() } }
    }

    /// Arrivals that make a whole turn of `bytes` of bodies, where so many wait already and nothing else does; else nil.
    func takeFull(bytes: Int) -> Intake? {
        state.withLock { state in
            guard state.intake.isEmpty, state.orders.isEmpty else { return nil }
            let turn = Self.turn(of: state.arrivals, bytes: bytes)
            guard turn.isFull else { return nil }
            defer { state.arrivals.removeFirst(turn.count) }
            return Intake(arrivals: Array(state.arrivals.prefix(turn.count)))
        }
    }

    /// How many arrivals a turn takes up: those of `bytes` of bodies, of large ones sixteen, for each turn waits for the disk.
    private static func turn(of arrivals: Deque<Arrival>, bytes: Int) -> (count: Int, isFull: Bool) {
        var size = 0
        for (count, arrival) in arrivals.enumerated() {
            size += max(1, arrival.size)
            if count > 0, size > (count < 16 ? 16 * bytes : bytes) { return (count, true) }
        }
        return (arrivals.count, false)
    }

    /// All that waits, arrivals up to a turn of `bytes` of bodies (at least one); suspends while nothing does. One caller at a time.
    func take(bytes: Int) async -> Intake {
        while true {
            let intake = state.withLock { state -> Intake? in
                var intake = state.intake
                let turn = Self.turn(of: state.arrivals, bytes: bytes)
                intake.arrivals = Array(state.arrivals.prefix(turn.count))
                state.arrivals.removeFirst(turn.count)
                while intake.orders.count < Self.ordersOfATurn, let next = state.orders.popFirst() { intake.orders.append(next) }
                guard !intake.isEmpty else { return nil }
                state.intake = Intake()
                state.words = [:]
                return intake
            }
            if let intake { return intake }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.intake.isEmpty, state.arrivals.isEmpty, state.orders.isEmpty else { return true }
                    state.taker = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }
}
