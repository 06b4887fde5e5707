import TaskGridCore

/// The monitor's knowledge: the counters and times of each type, and each worker, gathered from events and heartbeats.
///
/// Pure: messages and times go in. The times are the monitor's own, of when a message came; so windows are of one clock.
/// Bounded: at most `maximumTypes` and `maximumWorkers`; a worker that is gone is forgotten after an hour, or sooner where
/// places are needed; of the grid's events the latest are kept.
struct Statistics {
    static let maximumTypes = 10_000
    static let maximumWorkers = 10_000
    static let maximumGridEvents = 50
    /// How long a worker that is gone is still shown.
    static let memory = Duration.seconds(3600)
    private static let pruneInterval = Duration.seconds(60)

    let maximumTypes: Int
    let maximumWorkers: Int
    /// When the monitor began.
    let since: Timestamp
    /// The identity of the store that the counters are of.
    private(set) var store: String?
    /// Whether the dispatcher has told which types that store has: a type that comes later is new.
    private var knowsTypes = false
    private(set) var types: [TaskType: TypeStatistics] = [:]
    /// The counters of the types that the dispatcher has forgotten.
    private(set) var forgotten = TaskCounts()
    /// Types that were known when the dispatcher's list of types began, and were not told of since; nil: no list is under way.
    private var unlisted: Set<TaskType>?
    /// The counts of the types that were forgotten since the monitor began.
    private var forgottenSeen = Counters()
    private(set) var workers: [String: WorkerStatistics] = [:]
    /// Whether a worker was heard, or the nameservice has told which ones there are.
    private(set) var hasHeardOfWorkers = false
    /// From when tasks could run to when they did, of all types together.
    private(set) var waitTimes = Latencies()
    /// The latest ones, the oldest first.
    private(set) var gridEvents: [GridEvent] = []
    /// The conditions that a service says last, and when it said so last.
    private(set) var problems: [GridEvent.Problem: (message: String, at: Timestamp)] = [:]
    /// Messages about types and workers that were one too many.
    private(set) var ignored = 0
    /// When each service was last heard.
    private(set) var heard: [Topology.Service: Timestamp] = [:]
    private var lastPrune: Timestamp
    private var lastClearing = Timestamp(rawValue: 0)

    init(since: Timestamp, maximumTypes: Int = Statistics.maximumTypes, maximumWorkers: Int = Statistics.maximumWorkers) {
        self.since = since
        self.maximumTypes = maximumTypes
        self.maximumWorkers = maximumWorkers
        lastPrune = since
    }

    // MARK: Tasks

    mutating func apply(_ event: TypeEvent, at now: Timestamp) {
        hear(.dispatcher, at: now)
        adopt(store: event.store)
        for tally in event.workers { workers[tally.worker]?.apply(tally) }
        waitTimes.record(event.waitTimes, at: now)
        unlisted?.remove(event.type)
        guard !event.isForgotten else { return forget(event) }
        guard hasPlace(for: event.type) else { return }
        types[event.type, default: TypeStatistics()].apply(event, isNew: knowsTypes, at: now)
    }

    /// The dispatcher knows the type no more. Its counters stay in the totals.
    private mutating func forget(_ event: TypeEvent) {
        guard let gone = types.removeValue(forKey: event.type) else { return }
        forgotten = forgotten + event.states
        forgottenSeen = forgottenSeen + gone.seen
    }

    /// The dispatcher's answer about its counters.
    mutating func apply(_ answer: CountsQuery.Answer, at now: Timestamp) {
        adopt(store: answer.store)
        if let forgotten = answer.forgotten { self.forgotten = forgotten }
        unlisted = (unlisted ?? Set(types.keys)).subtracting(answer.types.keys)
        let paused = answer.paused.map(Set.init)
        for (type, states) in answer.types where hasPlace(for: type) {
            types[type, default: TypeStatistics()].apply(
                states, isPaused: paused?.contains(type), pausedUntil: answer.pausedUntil?[type],
                breaker: answer.breakers.map { $0[type] ?? .closed }, isNew: knowsTypes, at: now
            )
        }
        // The types of further pages are as old as these.
        guard answer.next == nil else { return }
        knowsTypes = true
        // Forgotten while nobody listened: their counters are in the answer's.
        for type in unlisted ?? [] { forgottenSeen = forgottenSeen + (types.removeValue(forKey: type)?.seen ?? Counters()) }
        unlisted = nil
    }

    /// The counters of another store say nothing about those of the one before.
    private mutating func adopt(store: String) {
        guard self.store != store else { return }
        self.store = store
        knowsTypes = false
        forgotten = TaskCounts()
        unlisted = nil
        for index in types.values.indices { types.values[index].forgetStates() }
    }

    private mutating func hasPlace(for type: TaskType) -> Bool {
        if types[type] != nil || types.count < maximumTypes { return true }
        ignored += 1
        return false
    }

    // MARK: Workers

    mutating func apply(_ kind: RegistryMessage.Kind, _ worker: RegistryMessage, at now: Timestamp) {
        hasHeardOfWorkers = true
        switch kind {
        case .register, .heartbeat: see(worker, at: now)
        case .deregister: workers[worker.worker]?.leave(.deregistered, at: now)
        }
        pruneNowAndThen(at: now)
    }

    mutating func apply(_ event: WorkerEvent, at now: Timestamp) {
        hear(.nameservice, at: now)
        hasHeardOfWorkers = true
        switch event.kind {
        case .joined: see(event.worker, at: now)
        case .left: workers[event.worker.worker]?.leave(event.reason ?? .leaseExpired, at: now)
        }
        pruneNowAndThen(at: now)
    }

    /// The nameservice's answer: whom it knows.
    mutating func apply(_ answer: WorkersQuery.Answer, at now: Timestamp) {
        if answer.next == nil { hasHeardOfWorkers = true }
        // One that was heard since is known better.
        for live in answer.workers where workers[live.worker.worker] == nil { see(live.worker, at: now) }
    }

    private mutating func see(_ worker: RegistryMessage, at now: Timestamp) {
        if workers[worker.worker] != nil {
            workers[worker.worker]?.apply(worker, at: now)
            return
        }
        if workers.count >= maximumWorkers { makePlace(at: now) }
        guard workers.count < maximumWorkers else {
            ignored += 1
            return
        }
        workers[worker.worker] = WorkerStatistics(worker, at: now)
    }

    /// Forgets those that are gone before their hour is over; looks for them at most once a second.
    private mutating func makePlace(at now: Timestamp) {
        guard lastClearing + .seconds(1) <= now else { return }
        lastClearing = now
        workers = workers.filter { _, worker in worker.gone(at: now) == nil }
    }

    private mutating func pruneNowAndThen(at now: Timestamp) {
        if lastPrune + Self.pruneInterval <= now { prune(at: now) }
    }

    /// Forgets the workers that are gone for an hour.
    mutating func prune(at now: Timestamp) {
        lastPrune = now
        workers = workers.filter { _, worker in worker.gone(at: now).map { now < $0 + Self.memory } ?? true }
    }

    // MARK: The grid

    /// A service has said something.
    mutating func hear(_ service: Topology.Service, at now: Timestamp) { heard[service] = now }

    mutating func apply(_ event: GridEvent, at now: Timestamp) {
        if let problem = event.problem { problems[problem] = event.kind == .error ? (event.cut.message, now) : nil }
        gridEvents.append(event.cut)
        if gridEvents.count > Self.maximumGridEvents { gridEvents.removeFirst() }
    }

    /// The workers that hold a lease, of those that are known.
    func activeWorkers(at now: Timestamp) -> ActiveWorkers {
        var active = ActiveWorkers()
        for worker in workers.values where worker.isActive(at: now) {
            active.all += 1
            for type in Set(worker.worker.types) { active.byType[type, default: 0] += 1 }
        }
        return active
    }

    /// The counters of all types.
    var states: TaskCounts { types.values.reduce(forgotten) { $0 + $1.states } }

    /// The breaker that lets least through.
    var breaker: BreakerState {
        let states = Set(types.values.map(\.breaker))
        return [.open, .halfOpen].first(where: states.contains) ?? .closed
    }

    /// Whether somebody has paused a type.
    var isPaused: Bool { types.values.contains { $0.isPaused } }

    /// The counts since the monitor began, of all types.
    var seen: Counters { types.values.reduce(forgottenSeen) { $0 + $1.seen } }

    /// The task that waits longest, and its type.
    var oldest: (type: TaskType, task: OldestTask)? {
        types.lazy.compactMap { type, work in work.oldest.map { (type: type, task: $0) } }
            .min { ($0.task.since, $0.task.id) < ($1.task.since, $1.task.id) }
    }

    /// When the newest of what the dispatcher says was heard.
    var newestData: Timestamp? { heard[.dispatcher] }

    /// Tasks that ended in the last minute, of all types.
    func ended(at now: Timestamp) -> Double { types.values.reduce(0) { $0 + $1.throughput.ended(at: now) } }
}
