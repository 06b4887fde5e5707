import AMQP
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore
import TaskStore

/// Makes a dispatcher the active one while it has the lease of its store, and has it stand by otherwise.
///
/// It lets the consuming connection be made, or not (``LeadershipState`` says when). The lock queue is a hint, on a connection of its own,
/// which never publishes: a broker in alarm reads on from it. A dispatcher whose lease another one has taken connects anew and stands by;
/// when it has the lease again, it connects, and begins a term as after every loss of that connection.
final class Leadership: Sendable {
    private let lease: any StoreLease
    /// Its name as a holder of the lease.
    let holder: String
    private let lock: Connection
    private let consuming: Connection
    private let queue: Queue
    let vitals: Vitals
    let logger: Logger
    let state = Mutex(LeadershipState())
    /// The state that people were told of last.
    let told = Mutex(LeadershipState())
    private let task = Mutex<Task<Void, Never>?>(nil)
    /// Asks the broker about the lock, beside the renewals.
    private let asking = Mutex<Task<Void, Never>?>(nil)

    /// - Parameters:
    ///   - lease: the store's.
    ///   - id: tells the dispatcher from all others.
    ///   - lock: the connection that owns the lock queue, or asks for it.
    ///   - consuming: the connection that is made only by the active dispatcher.
    ///   - queue: the lock queue.
    ///   - vitals: where it shows its health.
    ///   - logger: where it says what happens.
    init(_ lease: any StoreLease, id: String, lock: Connection, consuming: Connection, queue: Queue, vitals: Vitals, logger: Logger) {
        self.lease = lease
        holder = "\(ThisProcess.name), id \(id)"
        self.lock = lock
        self.consuming = consuming
        self.queue = queue
        self.vitals = vitals
        self.logger = logger
        consuming.admit { [weak self] in self?.state.withLock { $0.admit(at: .now) } }
    }

    /// Begins to ask for the lease; ``end()`` follows.
    func start() async throws(AMQPError) {
        try await lock.start()
        // Unstructured: it renews the lease until the dispatcher has drained, which ends it.
        task.withLock { $0 = Task { await run() } }
    }

    /// Frees the lease and the lock: another dispatcher takes over at once.
    func end() async {
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
        await finishAsking()
        await lock.close()
        guard task != nil, state.withLock({ $0.failingSince == nil }) else { return }
        // Unstructured: the dispatcher's own task may be cancelled.
        await Task {
            do throws(StoreError) {
                try await lease.release(by: holder)
            } catch {
                logger.notice("lease not released, it runs out", metadata: [LogKey.error: "\(error)"])
            }
        }.value
    }

    /// The store has refused a turn, because another dispatcher has begun a term: the lease is asked for before anything goes on.
    ///
    /// - Parameter established: how often the consuming connection had been established when the store was last read.
    func superseded(since established: Int) async {
        // One that has connected again since reads the store first.
        guard consuming.isConnected, await consuming.established == established else { return }
        state.withLock { $0.doubt() }
        await consuming.reconnect(because: "another dispatcher has taken the store over")
    }

    // MARK: The loop

    private func run() async {
        while !Task.isCancelled {
            if await step() { continue }
            guard (try? await Task.sleep(for: LeaseTiming.poll)) != nil else { return }
        }
    }

    /// Asks for the lease or renews it, as far as that is due.
    ///
    /// - Returns: Whether the next step follows at once.
    private func step() async -> Bool {
        if state.withLock({ $0.phase }) == .standby { await finishAsking() }
        let now = ContinuousClock.now
        let (isConnected, isConsuming) = (lock.isConnected, consuming.isConnected)
        let (call, before) = state.withLock { state in
            (state.call(at: now, isConnected: isConnected, isConsuming: isConsuming), state)
        }
        guard let call else {
            if asking.withLock({ $0 == nil }) { tellLock() }
            return false
        }
        // No renewal waits for the connection's thread, which a broker that is silent keeps busy.
        let patience = before.phase == .standby ? await Duration.seconds(2 * (lock.greeting?.heartbeat ?? 0)) : .zero
        let action: LeadershipState.Action
        do throws(StoreError) {
            let answer =
                switch call {
                case .take(let hint): try await lease.take(for: holder, hint: hint)
                case .renew: try await lease.renew(for: holder)
                }
            action = state.withLock { $0.heard(answer, asked: (now, before.doubts), now: .now, patience: patience) }
            tell(answer, after: before)
        } catch {
            guard !Task.isCancelled else { return false }
            action = state.withLock { $0.failed(at: .now) }
            tell(error, after: before)
        }
        let isAtOnce = await perform(action)
        if asking.withLock({ $0 == nil }) { tellLock() }
        if !isConsuming, state.withLock({ $0.refusal(at: .now) }) == nil { consuming.askAgain() }
        return isAtOnce
    }

    /// - Parameters:
    ///   - action: what is to be done.
    ///   - isBeside: it follows from a call beside the renewals.
    /// - Returns: Whether the next step follows at once.
    private func perform(_ action: LeadershipState.Action, isBeside: Bool = false) async -> Bool {
        switch action {
        case .wait: return false
        case .takeNow: return true
        case .tryLock, .lookAtLock:
            guard state.withLock({ $0.phase }) != .standby else { return await perform(ask(action)) }
            askBeside(action)
        case .giveLockBack:
            await giveLockBack(isBeside: isBeside)
        case .lead(let waited):
            tellTakeover(after: waited)
            consuming.askAgain()
        case .standBy:
            let other = state.withLock { $0.other?.name ?? "unknown" }
            logger.notice("dispatcher is no longer the active one, standing by", metadata: [LogKey.leaseHolder: "\(other)"])
            // First: nothing of it consumes any more when another one gets the lock.
            await consuming.reconnect(because: "the dispatcher stands by")
            await giveLockBack(isBeside: isBeside)
        }
        return false
    }

    // MARK: The lock queue

    /// Asks the broker while the lease is renewed, which a broker that is slow must not cost. One call is under way at a time.
    private func askBeside(_ action: LeadershipState.Action) {
        asking.withLock { task in
            guard task == nil else { return }
            // Unstructured: the next step does not wait for it, and ``end()`` does.
            task = Task {
                _ = await perform(ask(action), isBeside: true)
                tellLock()
                asking.withLock { $0 = nil }
            }
        }
    }

    private func finishAsking() async { await asking.withLock { $0 }?.value }

    /// Asks for the lock, or looks who has it.
    ///
    /// - Returns: What follows.
    private func ask(_ action: LeadershipState.Action) async -> LeadershipState.Action {
        guard action == .tryLock else {
            let isOthers = await isLockOfAnother()
            return state.withLock { $0.sawLock(ofAnother: isOthers, at: .now) }
        }
        let wasStandingBy = state.withLock { $0.phase } == .standby
        let isOwn = await tryLock()
        return state.withLock { state in
            // One that has lost the lease meanwhile gives the lock back.
            state.phase == .standby && !wasStandingBy ? .wait : state.triedLock(isOwn, at: .now)
        }
    }

    /// - Returns: Whether this dispatcher has it; nil where the broker cannot be asked.
    private func tryLock() async -> Bool? {
        do throws(AMQPError) {
            try await lock.declare(Declarations(queues: [queue]))
            return true
        } catch {
            return error.code == .resourceLocked ? false : nil
        }
    }

    private func giveLockBack(isBeside: Bool) async {
        // A call that is under way may get it.
        if !isBeside { await finishAsking() }
        do throws(AMQPError) {
            try await lock.delete(queue: queue.name)
        } catch {
            // It is another's, or went with the connection.
            logger.debug("lock of the grid not given back", metadata: [LogKey.error: "\(error)"])
        }
    }

    /// - Returns: Whether another connection has it; nil where the broker cannot be asked.
    private func isLockOfAnother() async -> Bool? {
        do throws(AMQPError) {
            _ = try await lock.depth(of: queue.name)
            return false
        } catch {
            return error.code == .resourceLocked ? true : error.code == .notFound ? false : nil
        }
    }
}
