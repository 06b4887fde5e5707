import CRabbitMQ
import Foundation
import Glibc
public import Logging
import Polling
import Synchronization

/// A connection to the broker that stays: it makes sure of its declarations, consumes, and publishes with confirms; when it is
/// lost it connects again, with backoff and jitter, for ever, and declares and consumes anew.
///
/// It is an actor whose executor is a thread, its own or another connection's. No other thread touches librabbitmq's handle. The thread
/// polls the socket, reads all frames that have come, hands each consumer its deliveries as one batch, and writes what was
/// published meanwhile with one `send`. A process publishes over one connection and consumes over others: a broker in
/// alarm stops reading from a connection that publishes, acknowledgements included.
///
/// Close it with ``close(within:)``.
public actor Connection {
    /// The connection's channels; consumers have one each, after these.
    enum Channel {
        static let publish: UInt16 = 1
        static let administration: UInt16 = 2
        static let firstConsumer: UInt16 = 3
    }

    enum Phase {
        case idle
        /// Lost, or not reached. The next attempt is made then.
        case waiting(until: ContinuousClock.Instant)
        case open(ConnectionSession)
        case closed
    }

    let endpoint: Endpoint
    let name: String
    let clientProperties: FieldTable
    let declarations: Declarations
    let ownership: Ownership
    let backoff: Backoff
    let logger: Logger
    let loop: PollLoop
    private nonisolated let tasks: PollLoopTasks

    nonisolated var registeredConsumers: [DeliveryMailbox] { shared.withLock { $0.consumers.map(\.mailbox) } }

    /// The state that any thread may use.
    struct SharedState {
        var consumers: [Subscription] = []
        /// The state of the connection, since when, and the broker's or the last attempt's reason.
        var state = ConnectionReading.State.unconnected
        var since = ContinuousClock.now
        var detail: String?
        /// Declared exchanges and queues that somebody has deleted: since when, and until when if declared again.
        var missing: [String: ConnectionReading.Missing] = [:]
        var wasConnected = false
        /// The connection was closed: nobody will be told anything more.
        var isEnded = false
        /// The task that called ``Connection/start(patience:)`` was cancelled.
        var isStartCancelled = false
        var listeners: [Int: AsyncStream<Int>.Continuation] = [:]
        var nextListener = 0
        /// Why no attempt to connect may be made now; nil: it may.
        var refusal: (@Sendable () -> String?)?
        /// It is to ask for that at once.
        var asksAgain = false

        var isConnected: Bool { state == .connected || state == .blocked }

        mutating func enter(_ new: ConnectionReading.State, _ detail: String? = nil) {
            let wasUp = isConnected
            // One that is refused for a while and not reached for another is away all the time.
            if new != state, wasUp || new == .connected || new == .closed { since = .now }
            state = new
            self.detail = detail
            if isConnected { wasConnected = true }
        }
    }

    /// A consumer's queues and limits.
    struct Subscription {
        let queues: [String]
        let prefetch: UInt16
        /// Of single queues, where it was changed.
        var prefetches: [String: UInt16] = [:]
        let maximumBytes: Int
        let mailbox: DeliveryMailbox
        /// The queues that are not consumed now, since when.
        var lapsed: [String: ContinuousClock.Instant]
        /// Not cancelled here.
        var isWanted = true

        init(queues: [String], prefetch: UInt16, maximumBytes: Int, mailbox: DeliveryMailbox) {
            self.queues = queues
            self.prefetch = prefetch
            self.maximumBytes = maximumBytes
            self.mailbox = mailbox
            lapsed = [:]
            lapse()
        }

        func prefetch(of queue: String) -> UInt16 { prefetches[queue] ?? prefetch }

        /// None of its queues is consumed any more.
        mutating func lapse() {
            for queue in queues where lapsed[queue] == nil { lapsed[queue] = .now }
        }
    }

    let shared = Mutex(SharedState())

    var phase = Phase.idle
    var rotation: AddressRotation
    /// Why the latest attempt to reach each address failed, since the broker was last connected.
    var attemptErrors = AttemptErrors()
    /// How often the connection was established.
    public internal(set) var established = 0
    var ledger = ConfirmLedger()
    var confirmations: [Int: Confirmation] = [:]
    var waiters: [Waiter] = []
    var nacks = NackCounter()
    var cancelledConsumers: Set<Int> = []
    var pausedConsumers: Set<Int> = []
    /// The broker's reason while it takes no messages.
    var blockedReason: String?
    var starting: Starting?
    /// The latest attempt was not made, because it may not be now.
    var standsBy = false
    /// How often any consumer channel was opened.
    var epochs = 0
    /// Exchanges and queues that the broker does not let the user declare, by kind and name.
    var undeclarable: Set<String> = []
    /// When it looks next whether what it declares is still there.
    var nextVerification: ContinuousClock.Instant?

    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Runs tasks on the connection's thread. It is for tasks that mostly wait for the connection: they receive from it without a
    /// change of threads. The connection reads nothing and sends no heartbeat while such a task runs, so the task must not block. A task
    /// that outlives the connection continues in the global pool.
    package nonisolated var executor: any TaskExecutor { tasks }

    /// - Parameters:
    ///   - endpoint: the broker's addresses, virtual host and login.
    ///   - name: what people see in the RabbitMQ admin, such as `dispatcher publish`.
    ///   - clientProperties: what else the broker is told about this end, such as `product` and `version` (AMQP 0-9-1,
    ///     `connection.start-ok`).
    ///   - declarations: what there has to be before anything is consumed. Each time the connection is established, it declares what it owns,
    ///     and what is missing.
    ///   - ownership: which of its declarations it owns, and how it looks after them.
    ///   - backoff: the waits between attempts to connect, or between rounds of all addresses.
    ///   - other: a connection whose thread this one shares: tasks that use both need not change threads. While one of them connects,
    ///     which may take 5 seconds a call, the other one reads nothing and sends no heartbeat.
    ///   - logger: for what happens to the connection; each line names it.
    public init(
        _ endpoint: Endpoint, name: String, clientProperties: FieldTable = [:], declarations: Declarations = Declarations(),
        ownership: Ownership = .none,
        backoff: Backoff = Backoff(base: .milliseconds(200), ceiling: .seconds(2)), sharingThreadOf other: Connection? = nil, logger: Logger
    ) {
        self.endpoint = endpoint
        var generator = SystemRandomNumberGenerator()
        rotation = AddressRotation(endpoint.addresses, using: &generator)
        self.name = name
        self.clientProperties = clientProperties
        self.declarations = declarations
        self.ownership = ownership
        self.backoff = backoff
        var logger = logger
        logger[metadataKey: AMQPLogKey.connection] = "\(name)"
        self.logger = logger
        loop = other?.loop ?? PollLoop(name: name)
        tasks = other?.tasks ?? PollLoopTasks(loop)
        loop.join { [weak self] isReadable in self?.assumeIsolated { $0.turn(isReadable) } }
    }

    deinit {
        // Its turn finds that it is gone.
        loop.wake()
    }

    /// A consumer of these queues, on a channel of its own. Made before ``start(patience:)``.
    ///
    /// - Parameters:
    ///   - queues: the names of the queues, which exist or are declared by the connection.
    ///   - prefetch: how many unacknowledged deliveries the broker hands out from each queue; 1 to 65535.
    ///   - maximumBytes: once the bodies of its unacknowledged deliveries have more, nothing more is read from the broker, for
    ///     any consumer of the connection, until some are acknowledged: RabbitMQ itself bounds deliveries by number alone. It holds
    ///     one message more at most, except for deliveries that come while a queue that was deleted is declared anew. Each delivery is
    ///     to be acknowledged.
    public nonisolated func consumer(queues: [String], prefetch: Int, maximumBytes: Int = Consumer.defaultMaximumBytes) -> Consumer {
        let mailbox = DeliveryMailbox()
        let (number, isEnded) = shared.withLock { shared in
            shared.consumers.append(
                Subscription(
                    queues: queues, prefetch: UInt16(clamping: max(1, prefetch)), maximumBytes: maximumBytes, mailbox: mailbox
                )
            )
            return (shared.consumers.count - 1, shared.isEnded)
        }
        if isEnded { mailbox.finish() }
        return Consumer(connection: self, number: number, mailbox: mailbox)
    }

    /// Whether the broker is connected now.
    public nonisolated var isConnected: Bool { shared.withLock { $0.isConnected } }

    /// The state of the connection, for a health check. Reading it takes no turn of the connection's thread.
    public nonisolated var reading: ConnectionReading {
        shared.withLock { shared in
            let wanted = shared.consumers.filter(\.isWanted)
            return ConnectionReading(
                name: name, state: shared.state, since: shared.since, wasConnected: shared.wasConnected, detail: shared.detail,
                unconsumed: wanted.reduce(into: [:]) { $0.merge($1.lapsed) { min($0, $1) } }, missing: shared.missing
            )
        }
    }

    /// Why nothing can be published now; nil where it can. Takes no turn of the connection's thread either.
    public nonisolated var trouble: AMQPError? {
        let reading = reading
        let why = reading.detail.map { " (\($0))" } ?? ""
        return switch reading.state {
        case .connected: nil
        case .blocked: AMQPError(.blocked, "the broker at \(endpoint) takes no messages now\(why): free memory or disk on it")
        case .unconnected, .locked: AMQPError(.unreachable, "no connection to the broker at \(endpoint)\(why): is it running?")
        case .closed: AMQPError(.closed, "connection '\(name)' is closed")
        }
    }

    /// Says each time the connection is established how often that has happened; only the latest is kept for a listener
    /// that is slow. Ends when the connection is closed.
    public nonisolated func reconnections() -> AsyncStream<Int> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let number: Int? = shared.withLock { shared in
                guard !shared.isEnded else { return nil }
                shared.nextListener += 1
                shared.listeners[shared.nextListener] = continuation
                return shared.nextListener
            }
            guard let number else {
                continuation.finish()
                return
            }
            continuation.onTermination = { [weak self] _ in
                _ = self?.shared.withLock { $0.listeners.removeValue(forKey: number) }
            }
        }
    }

    /// Connects, declares and begins to consume. Returns when all that is done. If the calling task is cancelled
    /// meanwhile, the connection is closed.
    ///
    /// - Parameter patience: how long to go on trying where nobody answers, each address once at least; nil: for ever.
    /// - Throws: at once what no waiting mends, if every address says so; after `patience`, what each address said.
    public func start(patience: Duration? = nil) async throws(AMQPError) {
        guard case .idle = phase else { throw AMQPError(.closed, "connection '\(name)' was started before") }
        phase = .waiting(until: .now)
        let result: Result<Void, AMQPError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                starting = Starting(continuation: continuation, deadline: patience.map { .now + $0 })
            }
        } onCancel: {
            shared.withLock { $0.isStartCancelled = true }
            loop.wake()
        }
        try result.get()
    }

    /// Ends the connection in order: what was published goes out first. Publications that were not confirmed fail with
    /// `closed`, and consumers end.
    public func close(within deadline: Duration = .seconds(5)) async {
        if case .open(let session) = phase {
            let end = ContinuousClock.now + deadline
            // A broker that takes no bytes cannot be told of the close. One whose deliveries are not read would have to
            // send them all before it answers.
            if session.flush(until: end), !session.isFull {
                session.handle.close(within: max(.milliseconds(100), ContinuousClock.now.duration(to: end)))
            }
        }
        end(AMQPError(.closed, "connection '\(name)' was closed"))
        logger.debug("connection closed")
    }

    /// Puts the connection to its last state and tells everybody who waits.
    func end(_ error: AMQPError) {
        if case .closed = phase { return }
        phase = .closed
        failPublications(error)
        starting?.continuation.resume(returning: .failure(error))
        starting = nil
        let (mailboxes, listeners) = shared.withLock { shared in
            shared.enter(.closed)
            shared.isEnded = true
            shared.refusal = nil
            defer { shared.listeners = [:] }
            return (shared.consumers.map(\.mailbox), shared.listeners)
        }
        for mailbox in mailboxes { mailbox.finish() }
        for listener in listeners.values { listener.finish() }
        for waiter in waiters { waiter.continuation.resume() }
        waiters = []
    }
}
