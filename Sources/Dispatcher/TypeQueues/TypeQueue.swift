import ServiceSupport
import TaskGridCore
import TaskStore

/// Everything the dispatcher knows of one type: its counters, what is handed out, and who runs it. ``Admission`` says how much more
/// to hand out.
/// Pure: it is told what happens. A class, so that a turn finds it once for all that it does to it.
final class TypeQueue {
    let type: TaskType
    /// Submitted, waiting and ended tasks. Those handed out are in `handed`.
    var counters: TaskCounts
    /// Tasks queued or running.
    var handed: [TaskID: HandedTask] = [:]
    private(set) var timeouts = Timeouts()
    var orphans = Orphans()
    /// How many more the turns under way may add to `handed`.
    var promised = 0
    /// How many submissions of the turns under way will wait in the store.
    var feeds = 0
    /// How many of `handed` run.
    var running = 0
    /// Plain tasks may wait in the store, so that newer ones must not overtake them.
    var hasBacklog: Bool
    /// When the next scheduled task is due, as far as known.
    var nextDue: Timestamp?
    /// False once a message came back for want of a queue, until a worker of the type shows itself.
    var isRoutable = true
    /// How many may be out while its work queue refuses more; nil: the queue takes what it is given.
    private(set) var queueLimit: QueueLimit?
    private var queueRefusals = EventThrottle()
    /// Somebody asked that nothing be handed out.
    var pause: Pause?
    var isPaused: Bool { pause != nil }
    /// How many tasks all its workers run at a time.
    var concurrency = 0 {
        didSet { if concurrency > 0 { unattended = nil } else if oldValue > 0 { unattended = .now } }
    }
    /// When a worker of the type was last found to have died: its lease ended, and it had not said that it leaves.
    var lastDeath: Moment?
    /// Since when no worker takes its tasks; nil: some do.
    var unattended: Moment?
    /// Every worker of the type takes batches.
    var takesBatches = false
    var statistics = TypeQueueStatistics()
    var audit: DeliveryAudit
    var breaker: CircuitBreaker
    /// Something changed since the last event.
    var isDirty = true
    /// A worker of the type lives.
    var hasWorkers = false
    /// The state that ``TypeQueues`` keeps of it: it was looked up, it is among those that may hand out, and for which due time it waits.
    var isTouched = false
    var isReady = false
    var awaitedDue: Timestamp?
    /// Since when nobody uses the type.
    var unusedSince: Timestamp?
    var runTime = RunTime()

    init(
        type: TaskType, counters: TaskCounts = TaskCounts(), nextDue: Timestamp? = nil,
        breaker: CircuitBreaker = CircuitBreaker(), audit: DeliveryAudit = DeliveryAudit()
    ) {
        self.type = type
        self.audit = audit
        self.breaker = breaker
        self.counters = counters
        self.counters.queued = 0
        self.counters.running = 0
        self.nextDue = nextDue
        hasBacklog = counters.pending > 0
        settled = counts
        unattended = .now
    }

    /// The counters as they stood after the latest turn: within one, a task that ends is nowhere for a while.
    private(set) var settled = TaskCounts()

    /// A turn is over.
    func settle() {
        let counts = counts
        guard counts != settled else { return }
        settled = counts
        isDirty = true
    }

    /// Takes over what an earlier one has learnt and the store does not know.
    func learn(from earlier: TypeQueue) {
        breaker = earlier.breaker
        statistics = earlier.statistics
        runTime = earlier.runTime
        queueRefusals = earlier.queueRefusals
    }

    /// The counters with what is handed out.
    var counts: TaskCounts {
        var counts = counters
        counts.running = running
        counts.queued = handed.count - running
        return counts
    }

    /// Takes the store's word for the counters.
    func adopt(_ stored: TaskCounts) {
        counters = stored
        counters.queued = 0
        counters.running = 0
        hasBacklog = hasBacklog || counters.pending > 0
        isDirty = true
    }

    /// A task was put into the store's schedule.
    func scheduled(for due: Timestamp) {
        counters.scheduled += 1
        nextDue = min(nextDue ?? due, due)
        isDirty = true
    }

    /// An attempt came to its end with a worker; one that was cancelled has neither succeeded nor failed. The task `waited` so long before
    /// it ran, where that is known.
    func attemptEnded(_ worker: String, succeeded: Bool?, runTime: Duration, waited: Duration? = nil) {
        if let waited { statistics.taskWaited(waited) }
        self.runTime.record(runTime)
        queueLimit?.attemptEnded()
        if let succeeded { statistics.attemptEnded(worker, succeeded: succeeded, runTime: runTime) }
    }

    /// Called each second.
    func learnFromRunning(at now: Moment) {
        runTime.second(running: running > 0 ? handed.values.lazy.compactMap(\.runningSince).first.map { now - $0 } : nil)
    }

    /// No worker of the type lives, none of its tasks is open, and it is not paused.
    var isUnused: Bool {
        !hasWorkers && handed.isEmpty && promised == 0 && feeds == 0 && counters.pending == 0 && counters.scheduled == 0 && !isPaused
    }

    /// Whether something may wait that is due.
    func hasWaiting(at now: Timestamp) -> Bool { hasBacklog || nextDue.map { $0 <= now } == true }

    /// The work queue has refused a task, which is out no more.
    ///
    /// - Returns: whether that is to be told: once a minute.
    func queueRefused(at now: ContinuousClock.Instant) -> Bool {
        if queueLimit == nil { queueLimit = QueueLimit(handed.count, at: now) } else { queueLimit?.refused(at: now) }
        return queueRefusals.passes(at: Moment(now))
    }

    /// Time has passed: its work queue may take more than it did. A limit as wide as the window is none.
    func growQueueLimit(at now: ContinuousClock.Instant, window: Int) {
        guard var limit = queueLimit else { return }
        let isOutdated = limit.isOutdated(at: now)
        limit.grow(at: now)
        queueLimit = isOutdated || limit.tasks >= window ? nil : limit
    }

    /// Puts a task into the window.
    func hand(out task: OpenTask, readySince: Timestamp? = nil) {
        handed[task.id] = HandedTask(
            task, machine: TaskStateMachine(handingOut: task), readySince: readySince, marker: audit.number)
        if task.settings.timeout != nil { timeouts.insert(task.id) }
        isDirty = true
    }

    /// A task that left the window, or had ended, waits to go out again at once.
    func waitsAgain() {
        counters.pending += 1
        nextDue = .atOnce
        isDirty = true
    }

    /// Takes a task out of the window.
    func remove(at index: Dictionary<TaskID, HandedTask>.Index) -> HandedTask {
        let (id, task) = handed.remove(at: index)
        if task.runningSince != nil { running -= 1 }
        if task.settings.timeout != nil { timeouts.remove(id) }
        orphans.remove(id)
        audit.forget(id)
        breaker.withdrawn(id)
        isDirty = true
        return task
    }

    /// Whether a report gives the proof of the attempt that it names. That of the latest attempt is made once and kept.
    func isProven(_ held: RegistryMessage.Held, _ proof: Proof?, by key: ProofKey) -> Bool {
        guard let proof else { return false }
        let index = handed.index(forKey: held.task)
        if let index, let known = handed.values[index].proof, known.attempt == held.attempt { return proof == known.proof }
        let made = key.proof(of: held.task, attempt: held.attempt, type: type)
        if let index, handed.values[index].machine.attempt == held.attempt { handed.values[index].proof = (held.attempt, made) }
        return proof == made
    }

    /// A report of a live worker names the attempt.
    ///
    /// - `report`: its number; nil: what names it is no report.
    /// - `runs`: it runs; else it has not begun.
    /// - Returns: false where the attempt is older than the latest one, so that its worker need not go on with it.
    @discardableResult
    func recordHolder(of held: RegistryMessage.Held, worker: String, report: Int?, runs: Bool, at now: ContinuousClock.Instant) -> Bool {
        guard let index = handed.index(forKey: held.task) else { return true }
        let attempt = handed.values[index].machine.attempt
        guard attempt == held.attempt else { return attempt < held.attempt }
        if let report { handed.values[index].holder = (worker, report) }
        handed.values[index].isInherited = false
        guard runs, handed.values[index].machine.handle(.named(attempt: attempt)) == .none else { return true }
        // A report may come later.
        if report == nil, handed.values[index].holder?.worker != worker { handed.values[index].holder = (worker, 0) }
        handed.values[index].runningSince = Moment(now)
        running += 1
        isDirty = true
        if let end = handed.values[index].timesOut { timeouts.expect(end) }
        return true
    }

    /// The tasks whose attempts have run out of time.
    func takeTimedOut(at now: Moment) -> [TaskID] {
        timeouts.takeDue(at: now) { handed[$0]?.timesOut }
    }

    /// An interruption of a task was none.
    func withdrawInterruption(of id: TaskID) {
        guard let index = handed.index(forKey: id) else { return }
        _ = handed.values[index].machine.handle(.interruptionWithdrawn)
    }
}
