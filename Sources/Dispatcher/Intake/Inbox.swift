import AMQP
import DequeModule
import ServiceSupport
import Synchronization
import TaskGridCore

/// Everything that waits for the dispatcher's next turn. Bounded: arrivals by the prefetch, commands and heartbeats by a share of each user,
/// the rest by what is handed out.
final class Inbox: Sendable {
    /// The messages that a turn takes up together.
    struct Intake {
        var arrivals: [Arrival] = []
        var registry: [(RegistryMessage.Kind, RegistryMessage)] = []
        /// Work that did not reach a queue.
        var undelivered: [Undelivered] = []
        /// The admin commands that were asked for.
        var commands: [AdminCommand] = []
        /// Time may have made something due.
        var isTick = false
        /// The turn before left work in the store that there is room for.
        var mustTakeMore = false
        /// Stop after this turn.
        var isFinished = false
        /// The connection was lost and stands again: what the dispatcher believes must be read anew.
        var mustResume = false

        var isEmpty: Bool {
            arrivals.isEmpty && registry.isEmpty && undelivered.isEmpty && commands.isEmpty && !isTick && !mustTakeMore && !isFinished
                && !mustResume
        }
    }

    struct Undelivered: Hashable {
        var type: TaskType
        var held: RegistryMessage.Held
        var reason: Reason

        enum Reason: Hashable {
            /// The broker has no queue for the type.
            case unroutable
            /// The queue, or its exchange, does not take messages now.
            case refused
            /// The broker never takes the task's payload; why.
            case tooLarge(String)
        }
    }

    private struct State {
        var intake = Intake()
        var arrivals: Deque<Arrival> = []
        /// The index in the intake of each worker's latest message.
        var words: [String: Int] = [:]
        var shares = UserShares(ofOne: WorkerTable.defaultMaximum)
        var commands = FairQueue<AdminCommand>(capacity: Inbox.maximumCommands, share: Inbox.maximumCommands)
        var taker: CheckedContinuation<Void, Never>?
    }

    /// How many commands of a user may wait, and how many a turn takes up: each may concern a thousand tasks.
    private static let maximumCommands = 64
    private static let commandsOfATurn = 8

    /// The most that a turn takes up: enough that it is worth its wait for the disk, and no more, so that turns overlap and nothing
    /// waits long.
    struct Bounds {
        var tasks = 2000
        /// Of message bodies.
        var bytes = 4 << 20
    }

    private let bounds: Bounds
    private let state = Mutex(State())

    init(_ bounds: Bounds = Bounds()) {
        self.bounds = bounds
    }

    func put(_ arrivals: [Arrival]) {
        add { state in
            // Messages that wait since before a reconnect come again, and could grow with each one.
            if let new = arrivals.first, let old = state.arrivals.last, !new.tag.isOfSameLife(as: old.tag) { state.arrivals = [] }
            state.arrivals.append(contentsOf: arrivals)
        }
    }

    /// The latest heartbeats. Each message says everything, so of one worker only the latest is kept, and of one user no more than its share.
    func put(_ registry: [(RegistryMessage.Kind, RegistryMessage)]) {
        add { state in
            for message in registry {
                if let index = state.words[message.1.worker] {
                    state.intake.registry[index] = message
                } else if state.shares.hasRoom(of: message.1.publisher) {
                    state.shares.add(of: message.1.publisher)
                    state.words[message.1.worker] = state.intake.registry.count
                    state.intake.registry.append(message)
                }
            }
        }
    }

    /// Whether there is room for the command; else whoever gave it has to ask again.
    func put(_ command: AdminCommand) -> Bool {
        var hasRoom = false
        add { state in
            hasRoom = state.commands.append(command, from: command.replyTo ?? "", of: command.user ?? "")
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

    /// Takes out the submissions that wait, to be rejected and acknowledged by themselves: no turn takes them up.
    func removeSubmissions() -> [(tag: DeliveryTag, submission: Submission)] {
        state.withLock { state in
            var removed: [(tag: DeliveryTag, submission: Submission)] = []
            state.arrivals.removeAll { arrival in
                guard case .submission(let submission) = arrival.content else { return false }
                removed.append((arrival.tag, submission))
                return true
            }
            return removed
        }
    }

    /// Arrivals that make a whole turn, where so many wait already and nothing else does; else nil.
    func takeFull() -> Intake? {
        state.withLock { state in
            guard state.intake.isEmpty, state.commands.isEmpty, let count = turn(of: state.arrivals), count < state.arrivals.count else {
                return nil
            }
            defer { state.arrivals.removeFirst(count) }
            return Intake(arrivals: Array(state.arrivals.prefix(count)))
        }
    }

    /// Nothing waits.
    var isEmpty: Bool { state.withLock { $0.intake.isEmpty && $0.arrivals.isEmpty && $0.commands.isEmpty } }

    /// How many arrivals a turn takes up: within its bounds, and at least one.
    private func turn(of arrivals: Deque<Arrival>) -> Int? {
        var tasks = 0
        var bytes = 0
        for (count, arrival) in arrivals.enumerated() {
            tasks += arrival.taskCount
            bytes += arrival.size
            if count > 0, tasks > bounds.tasks || bytes > bounds.bytes { return count }
        }
        return arrivals.isEmpty ? nil : arrivals.count
    }

    /// All that waits, arrivals up to a turn's bounds; suspends while nothing does. One caller at a time.
    func take() async -> Intake {
        while true {
            let intake = state.withLock { state -> Intake? in
                var intake = state.intake
                if let count = turn(of: state.arrivals) {
                    intake.arrivals = Array(state.arrivals.prefix(count))
                    state.arrivals.removeFirst(count)
                }
                while intake.commands.count < Self.commandsOfATurn, let next = state.commands.popFirst() { intake.commands.append(next) }
                guard !intake.isEmpty else { return nil }
                state.intake = Intake()
                state.words = [:]
                state.shares = UserShares(ofOne: WorkerTable.defaultMaximum)
                return intake
            }
            if let intake { return intake }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.intake.isEmpty, state.arrivals.isEmpty, state.commands.isEmpty else { return true }
                    state.taker = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }
}
