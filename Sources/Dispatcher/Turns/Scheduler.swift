import AMQP
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore
import TaskStore

/// Decides what becomes of every task: takes submissions and results up, writes them down in one transaction a turn, and
/// says what to publish. The dispatcher's loop runs the turns one after another: each is planned, committed and settled. A turn may be
/// planned while the one before is committed. Between turns the actor only answers queries.
///
/// The scheduler runs the features in order. A feature is a folder of `Features`: its state is a value, and it has a part of planning a
/// turn (`plan…`) and of settling it (`settle…`). Whether a type may hand out tasks is decided by ``Admission``.
actor Scheduler {
    let store: any TaskStore
    let topology: Topology
    let configuration: DispatcherConfiguration
    let logger: Logger
    let admission: Admission
    /// Asks live workers whether they are there; returns those that are gone, nil where the broker cannot be asked.
    let findGone: @Sendable (_ workers: [String]) async -> [String]?
    /// Empties the work queue of a type; false where the broker cannot be asked.
    let purge: @Sendable (TaskType) async -> Bool
    /// Rejects the submissions that wait for the next turn: this one takes as long as the store's trouble.
    let rejectQueued: @Sendable (StoreError) async -> Void

    var typeQueues = TypeQueues()
    var workers = WorkerTable()
    var forgottenTypes = ForgottenTypes()
    var interruptions = Interruptions()
    var bulkActions = BulkActions()
    /// Raised when a bulk action may take its next step.
    nonisolated let bulkSignal = Signal()
    /// Types whose work found no queue, until a worker of theirs speaks.
    var unroutable: Set<TaskType> = []
    /// Types whose work queue was declared, as far as is known.
    var declaredTypes: Set<TaskType> = []
    var staleTypes = StaleTypes()
    var consistencyCheck = ConsistencyCheck()
    /// Told when the next scheduled task is due.
    nonisolated let ticker = Ticker()
    /// When leases and expiries were last looked at.
    var lastLook = ContinuousClock.now
    var rollCall = RollCall()
    /// The dispatcher's by the latest ``resume()``; another's may have begun since.
    private var term: Term?
    /// The store's time, which the latest ``resume()`` began.
    var clock: StoreClock
    /// How far the wall clock was ahead of it when absolute times were last moved.
    var alignedOffset = Duration.zero
    let time: TimeSource
    /// Told why commits fail.
    let trouble: StoreTrouble
    /// Why it does nothing any more, until ``resume()``.
    var suspension: StoreError?
    /// The scheduler's record of the tasks that are handed out is wrong somewhere.
    var mustRead = false
    /// When it stops retrying what the store does not do.
    let retriesEnd = Mutex<ContinuousClock.Instant?>(nil)
    /// By user, so that the workers of one do not hide that those of another are refused.
    var workerRefusals: [String: EventThrottle] = [:]
    var resultRefusals = EventThrottle()
    /// By the reason, so that a right that is missing does not hide results that are made up.
    var proofRefusals: [WireError.Code: EventThrottle] = [:]
    var unprovenHolders = EventThrottle()
    var unrestrictedUsers = UnrestrictedUsers()

    init(
        store: any TaskStore, topology: Topology, configuration: DispatcherConfiguration, logger: Logger, time: TimeSource = .system,
        trouble: StoreTrouble = StoreTrouble(),
        findGone: @escaping @Sendable (_ workers: [String]) async -> [String]?,
        purge: @escaping @Sendable (TaskType) async -> Bool = { _ in true },
        rejectQueued: @escaping @Sendable (StoreError) async -> Void = { _ in }
    ) {
        self.store = store
        self.topology = topology
        self.configuration = configuration
        self.logger = logger
        admission = Admission(configuration)
        self.time = time
        self.trouble = trouble
        clock = StoreClock(source: time)
        self.findGone = findGone
        self.purge = purge
        self.rejectQueued = rejectQueued
    }

    /// Begins a term and reads where everything stands from the store: at the start, and after the connection was lost, when
    /// another dispatcher may have been at work. A dispatcher that is no longer active, and does not know it yet, cannot write from then
    /// on.
    func resume() async throws(StoreError) {
        let term = try await store.beginTerm()
        clock = StoreClock(after: try await store.clock(), earlier: self.term == nil ? nil : clock, source: time)
        alignedOffset = try await store.alignedOffset()
        if alignedOffset != clock.wallOffset { try await align() }
        try await read()
        self.term = term
        suspension = nil
    }

    // MARK: A turn: planned, committed, settled

    /// Plans what follows from what came: from here on it counts in the type queues, and ``settle(_:isLast:)`` follows.
    func plan(_ intake: Inbox.Intake) async -> Turn {
        do throws(StoreError) {
            if intake.mustResume {
                try await retryUntilDone("reading the store") { () async throws(StoreError) in try await self.resume() }
            } else if mustRead, suspension == nil {
                try await retryUntilDone("reading the store") { () async throws(StoreError) in try await self.read() }
            }
        } catch {
            suspend(error)
        }
        var turn = Turn(at: clock.now, moment: time.moment(), isTick: intake.isTick)
        if let suspension {
            turn.failure = suspension
            return turn
        }
        turn.plan.changes.term = term
        turn.plan.changes.clock = clock.reading
        // Before anything is planned by it. No other turn is under way upon a tick.
        if turn.isTick { await followWallClock() }
        await planRegistry(intake.registry, in: &turn)
        for undelivered in intake.undelivered { planUndelivered(undelivered, in: &turn) }
        await planArrivals(intake.arrivals, in: &turn)
        await planCommands(intake.commands, in: &turn)
        if turn.isTick { await planTick(in: &turn) }
        planTakes(in: &turn)
        if turn.isTick { planForgets(in: &turn) }
        turn.acknowledges = intake.arrivals.last?.tag
        return turn
    }

    private func planArrivals(_ arrivals: [Arrival], in turn: inout Turn) async {
        var results: [Results] = []
        for arrival in arrivals {
            switch arrival.content {
            case .submission(let submission): planSubmission(submission, in: &turn)
            case .results(let result): results.append(proven(result, in: &turn))
            case .unreadable(let message, let queue, let error, let result):
                logger.warning(
                    "unreadable message, moving it to the dead-letter queue",
                    metadata: [LogKey.queue: "\(queue)", LogKey.error: "\(error)"])
                turn.plan.publications.append(.deadLetter(message, because: "\(error)", topology))
                // A result that nobody can read would bring the task back for ever.
                if let result { results.append(proven(result, in: &turn)) }
                if queue != topology.resultsQueue.name, let rejection = Publication.rejection(of: message, error, topology) {
                    turn.plan.rejections.append(rejection)
                }
            }
        }
        await planResults(results, in: &turn)
    }

    /// Plans what time brings: leases and expiries once a second, which is every other tick; ends of pauses and timeouts when they come.
    private func planTick(in turn: inout Turn) async {
        planPauseEnds(in: &turn)
        guard lastLook + .milliseconds(900) <= .now else { return await planTimeouts(in: &turn) }
        lastLook = .now
        await planLeases(in: &turn)
        await planExpiries(in: &turn)
    }

    /// A turn is durable: updates the counters and returns what is to be said.
    ///
    /// With `isLast` no other turn has been planned since; otherwise the counters are between two turns.
    func settle(_ turn: Turn, isLast: Bool) async -> Outbound {
        guard turn.failure == nil else { return Outbound(topology: topology, persistsWork: false) }
        var outbound = Outbound(
            topology: topology, persistsWork: configuration.persistsWork, messages: turn.plan.publications.map { .ready($0) },
            hasEndings: !turn.plan.ended.isEmpty, acknowledges: turn.acknowledges.map { .upTo($0) }, rejections: turn.plan.rejections
        )
        outbound.declares = turn.plan.served
        outbound.repairs = turn.plan.unroutable
        await settleFeatures(turn, &outbound)
        if isLast {
            // Only between two turns, because the store lacks the changes that a turn has planned and not written. No turn is planned
            // upon a tick.
            await readStaleTypes()
            if turn.isTick {
                sendMarkers(&outbound)
                await checkConsistency(&outbound)
            }
            typeQueues.settle(at: turn.now)
            let next = [typeQueues.nextDue(after: turn.now).map(clock.moment(at:)), typeQueues.nextTimeout(after: turn.moment)]
            ticker.expect(next.compactMap(\.self).min())
        }
        return outbound
    }

    /// Each feature settles its part.
    private func settleFeatures(_ turn: Turn, _ outbound: inout Outbound) async {
        for (type, count) in turn.plan.promised { typeQueues[type]?.promised -= count }
        for (type, count) in turn.plan.feeds { typeQueues[type]?.feeds -= count }
        let accepted = settleSubmissions(turn, &outbound)
        settleEndings(turn, &outbound)
        await settleCommands(turn, &outbound)
        settlePauses(turn, &outbound)
        settleForgets(turn, &outbound)
        settleBulkAnswers(turn, &outbound)
        let taken = settleTakes(turn, &outbound)
        // Work before the answers: a worker has to run it, and a client only waits for its answer.
        let answers = outbound.messages
        outbound.messages = []
        handOut(accepted, to: &outbound)
        handOut(taken, to: &outbound)
        outbound.messages += answers
    }

    /// Plans an event that tells people what happened.
    func tell(_ kind: GridEvent.Kind, _ message: String, in turn: inout Turn) {
        turn.plan.publications.append(.event(GridEvent(kind: kind, service: "dispatcher", at: clock.wall, message: message), topology))
    }
}
