import TaskGridCore

/// The statistics of one worker.
struct WorkerStatistics {
    enum State: String, CaseIterable {
        /// Its lease runs.
        case alive
        /// Its lease runs, and it takes no more tasks.
        case draining
        /// Its lease runs, and it takes no more tasks until it is asked to.
        case quiet
        /// Nothing was heard from it for longer than its lease, and nobody has said yet that it left.
        case silent
        /// It deregistered, or the nameservice has given it up.
        case left
    }

    /// Its latest message, without the tasks that it holds: of these only the numbers are kept.
    private(set) var worker: RegistryMessage
    /// The tasks that it runs, as far as a person looks at them.
    private(set) var running: [TaskID]
    private(set) var runningTasks: Int
    private(set) var waitingTasks: Int
    /// When the monitor heard of it first.
    let joined: Timestamp
    private(set) var lastSeen: Timestamp
    private(set) var left: (reason: WorkerEvent.Reason, at: Timestamp)?
    /// When it was first heard to take no tasks on request; nil where it takes some, or took none when it was heard first.
    private(set) var quietSince: Timestamp?
    /// Tasks that it ended, as the dispatcher counted them since the monitor began.
    private(set) var succeeded = 0
    private(set) var failed = 0
    private var timed: UInt64 = 0
    private var timeSum = 0.0

    /// The most tasks of one worker that are kept.
    static let maximumRunning = 100

    init(_ worker: RegistryMessage, at now: Timestamp) {
        self.worker = worker
        running = worker.running.prefix(Self.maximumRunning).map(\.task)
        runningTasks = worker.running.count
        waitingTasks = worker.waiting.count
        joined = now
        lastSeen = now
        self.worker.running = []
        self.worker.waiting = []
    }

    /// Takes a message that shows it alive.
    mutating func apply(_ message: RegistryMessage, at now: Timestamp) {
        let fresh = WorkerStatistics(message, at: now)
        if !message.quiet { quietSince = nil } else if !worker.quiet { quietSince = now }
        worker = fresh.worker
        running = fresh.running
        runningTasks = fresh.runningTasks
        waitingTasks = fresh.waitingTasks
        lastSeen = now
        left = nil
    }

    mutating func leave(_ reason: WorkerEvent.Reason, at now: Timestamp) {
        // One whose lease had ended, and that stopped in order after all, is missed by nobody.
        if reason == .deregistered, let left { self.left = (reason, left.at) }
        guard left == nil else { return }
        left = (reason, now)
        running = []
        runningTasks = 0
        waitingTasks = 0
    }

    mutating func apply(_ tally: WorkerTally) {
        succeeded = succeeded.saturatingAdding(tally.succeeded)
        failed = failed.saturatingAdding(tally.failed)
        for latency in tally.runTimes {
            timed = timed.saturatingAdding(latency.count)
            timeSum += Double(latency.microseconds) * Double(latency.count)
        }
    }

    /// Microseconds; nil where nothing was measured.
    var averageRunTime: Double? { timed == 0 ? nil : timeSum / Double(timed) }

    func state(at now: Timestamp) -> State {
        if left != nil { return .left }
        if lastSeen + worker.lease <= now { return .silent }
        return worker.draining ? .draining : worker.quiet ? .quiet : .alive
    }

    /// Whether it holds a lease.
    func isActive(at now: Timestamp) -> Bool {
        switch state(at: now) {
        case .alive, .draining, .quiet: true
        case .silent, .left: false
        }
    }

    /// Since when it is of no use; nil for one that is active.
    func gone(at now: Timestamp) -> Timestamp? {
        if let left { return left.at }
        return isActive(at: now) ? nil : lastSeen + worker.lease
    }
}
