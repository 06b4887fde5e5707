import TaskGridCore

/// The workers that live, as their registry messages tell: what they run, and which attempts they hold. Pure, and bounded: a
/// worker that would be one too many, or would bring more held tasks than fit, is not taken.
struct WorkerTable {
    struct Worker {
        var message: RegistryMessage
        var expires: ContinuousClock.Instant
        /// Every attempt that it runs or holds unstarted.
        var held: Set<RegistryMessage.Held>
    }

    static let defaultMaximum = 10_000
    /// The most tasks held by all workers together that are kept.
    static let defaultMaximumHeld = 4_000_000

    let maximum: Int
    let maximumHeld: Int
    private(set) var workers: [String: Worker] = [:]
    /// The ids of the workers of each type that has any.
    private var byType: [TaskType: Set<String>] = [:]
    private var held = 0

    init(maximum: Int = WorkerTable.defaultMaximum, maximumHeld: Int = WorkerTable.defaultMaximumHeld) {
        self.maximum = maximum
        self.maximumHeld = maximumHeld
    }

    /// Whether there is room for what a message says.
    func hasRoom(for message: RegistryMessage) -> Bool {
        let known = workers[message.worker]
        let more = message.running.count + message.waiting.count - (known?.held.count ?? 0)
        return (known != nil || workers.count < maximum) && held + more <= maximumHeld
    }

    /// Takes a registry message; returns the types whose workers changed. What there is no room for is not taken.
    mutating func take(_ kind: RegistryMessage.Kind, _ message: RegistryMessage, at now: ContinuousClock.Instant) -> [TaskType] {
        guard kind != .deregister else { return remove(message.worker) }
        guard hasRoom(for: message) else { return [] }
        let known = workers[message.worker]?.message
        held -= workers[message.worker]?.held.count ?? 0
        let worker = Worker(message: message, expires: now + message.lease, held: Set(message.running).union(message.waiting))
        held += worker.held.count
        workers[message.worker] = worker
        if known?.types != message.types { register(message.worker, message.types, insteadOf: known?.types ?? []) }
        let isSame =
            known.map {
                $0.types == message.types && $0.concurrency == message.concurrency && $0.batch == message.batch
                    && $0.draining == message.draining
            } ?? false
        return isSame ? [] : Array(Set(message.types + (known?.types ?? [])))
    }

    /// Drops the workers whose lease has ended; returns the types that lost one.
    mutating func expire(at now: ContinuousClock.Instant) -> [TaskType] {
        let gone = workers.filter { $0.value.expires <= now }.map(\.key)
        return gone.flatMap { remove($0) }
    }

    /// A worker whose lease has ended.
    func late(at now: ContinuousClock.Instant) -> String? {
        workers.first { $0.value.expires <= now }?.key
    }

    /// Gives every worker a whole lease from now: after a time in which none could be heard.
    mutating func renewAll(at now: ContinuousClock.Instant) {
        for place in workers.values.indices {
            workers.values[place].expires = max(workers.values[place].expires, now + workers.values[place].message.lease)
        }
    }

    mutating func remove(_ worker: String) -> [TaskType] {
        guard let gone = workers.removeValue(forKey: worker) else { return [] }
        held -= gone.held.count
        register(worker, [], insteadOf: gone.message.types)
        return gone.message.types
    }

    private mutating func register(_ worker: String, _ types: [TaskType], insteadOf before: [TaskType]) {
        for type in before {
            byType[type]?.remove(worker)
            if byType[type]?.isEmpty == true { byType[type] = nil }
        }
        for type in types { byType[type, default: []].insert(worker) }
    }

    /// Whether a worker of `type` lives.
    func serves(_ type: TaskType) -> Bool { byType[type] != nil }

    private func workers(of type: TaskType) -> some Sequence<Worker> {
        (byType[type] ?? []).lazy.compactMap { workers[$0] }
    }

    /// The worker that says that it holds this attempt.
    func holder(of held: RegistryMessage.Held) -> String? {
        workers.first { $0.value.held.contains(held) }?.key
    }

    /// Every attempt that a worker of `type` says that it holds.
    func held(of type: TaskType) -> Set<RegistryMessage.Held> {
        workers(of: type).reduce(into: []) { $0.formUnion($1.held) }
    }

    /// The longest time between two heartbeats of a worker of `type`.
    func heartbeat(of type: TaskType) -> Duration {
        .milliseconds(workers(of: type).map(\.message.interval).max() ?? 0)
    }

    /// How many tasks of `type` its workers run at a time, and whether all of them take batches.
    func service(of type: TaskType) -> (concurrency: Int, takesBatches: Bool) {
        var concurrency = 0
        var takesBatches = true
        for worker in workers(of: type) where !worker.message.draining {
            concurrency += worker.message.concurrency
            takesBatches = takesBatches && worker.message.batch
        }
        return (concurrency, takesBatches && concurrency > 0)
    }
}
