import ServiceSupport
import TaskGridCore

/// The workers that hold a lease, as their registry messages tell. Pure, and bounded for each user: a worker that would be one too many of its
/// user, or would bring more held tasks than its user has room for, is not taken. Tasks that one user's workers name, true or not, take nothing
/// from the others.
///
/// The holder of a task is noted with the task (``HandedTask/holder``), by the number of the report that names it: a worker
/// holds what its latest report names. So neither a lookup nor an audit looks at all workers.
struct WorkerTable {
    struct Worker {
        var message: RegistryMessage
        /// The number of its latest report, unique among all workers'.
        var report: Int
        var heard: ContinuousClock.Instant
        var expires: ContinuousClock.Instant
        /// A type of it is not known: its next report is looked at, even if it says nothing new.
        var lacksType = false
    }

    /// A worker whose connections are gone though its lease has not ended: it may be dead, or cut off for a while.
    struct Departed {
        let types: [TaskType]
        let heard: ContinuousClock.Instant
        var expires: ContinuousClock.Instant
    }

    /// The workers of one type, added up.
    private struct Service {
        /// Slots of the workers that take tasks.
        var concurrency = 0
        /// How many of these take no batches.
        var single = 0
        /// How many workers, draining ones included, have which interval between heartbeats.
        var intervals: [Int: Int] = [:]
    }

    /// The most workers of a user, where others have none.
    static let defaultMaximum = 10_000
    /// The most tasks held by all workers of a user that are kept, where others hold none.
    static let defaultMaximumHeld = 4_000_000

    let maximum: Int
    let maximumHeld: Int
    private(set) var workers: [String: Worker] = [:]
    private(set) var departed: [String: Departed] = [:]
    private var services: [TaskType: Service] = [:]
    private var places: UserShares
    private var held: UserShares
    private var reports = 0

    init(maximum: Int = WorkerTable.defaultMaximum, maximumHeld: Int = WorkerTable.defaultMaximumHeld) {
        self.maximum = maximum
        self.maximumHeld = maximumHeld
        places = UserShares(ofOne: maximum)
        held = UserShares(ofOne: maximumHeld)
    }

    /// Whether there is room for what a message says.
    func hasRoom(for message: RegistryMessage) -> Bool {
        let (worker, user) = (workers[message.worker]?.message, message.publisher)
        let known = worker?.publisher == user ? worker : nil
        let more = message.heldCount - (known?.heldCount ?? 0)
        return (known != nil || places.hasRoom(of: user)) && held.hasRoom(for: more, of: user)
    }

    /// The message of a worker that is known and now names more tasks than there is room for, with those that it named before. It lives,
    /// whatever it names: without this its lease would end.
    ///
    /// - Returns: nil where the worker is not known.
    func withFormerTasks(_ message: RegistryMessage) -> RegistryMessage? {
        guard let known = workers[message.worker]?.message, known.publisher == message.publisher else { return nil }
        var message = message
        (message.running, message.waiting, message.proofs) = (known.running, known.waiting, known.proofs)
        return message
    }

    /// Records a registry message; returns the types whose workers changed. A message that there is no room for is not recorded.
    mutating func record(_ kind: RegistryMessage.Kind, of message: RegistryMessage, at now: ContinuousClock.Instant) -> [TaskType] {
        departed[message.worker] = nil
        guard kind != .deregister else { return remove(message.worker)?.message.types ?? [] }
        guard hasRoom(for: message) else { return [] }
        let known = workers[message.worker]?.message
        reports += 1
        if let known { countShares(known, by: -1) }
        countShares(message, by: 1)
        workers[message.worker] = Worker(message: message, report: reports, heard: now, expires: now + message.lease)
        if let known, known.serves(as: message) { return [] }
        if let known { count(known, by: -1) }
        count(message, by: 1)
        return Array(Set(message.types + (known?.types ?? [])))
    }

    /// Renews the lease of a worker whose heartbeat says what the one before said. False where it says something new.
    mutating func renew(_ message: RegistryMessage, at now: ContinuousClock.Instant) -> Bool {
        guard let index = workers.index(forKey: message.worker) else { return false }
        let known = workers.values[index].message
        guard !workers.values[index].lacksType, known.serves(as: message), known.running == message.running,
            known.waiting == message.waiting, known.proofs == message.proofs
        else { return false }
        workers.values[index].heard = now
        workers.values[index].expires = now + message.lease
        return true
    }

    /// A type of the worker is not known, for now.
    mutating func lacksType(_ worker: String) { workers[worker]?.lacksType = true }

    /// Removes the workers whose lease has ended, and returns them; also the types of those that had departed before.
    mutating func expire(at now: ContinuousClock.Instant) -> (gone: [Worker], departed: [TaskType]) {
        let dead = departed.filter { $0.value.expires <= now }
        for worker in dead.keys { departed[worker] = nil }
        let gone = workers.filter { $0.value.expires <= now }.map(\.key)
        return (gone.compactMap { remove($0) }, dead.values.flatMap(\.types))
    }

    /// A worker whose lease has ended.
    func late(at now: ContinuousClock.Instant) -> String? {
        workers.first { $0.value.expires <= now }?.key
    }

    /// Gives every worker a whole lease from now: after a time in which none could be heard.
    mutating func renewAll(at now: ContinuousClock.Instant) {
        for index in workers.values.indices {
            workers.values[index].expires = max(workers.values[index].expires, now + workers.values[index].message.lease)
        }
    }

    /// A worker's connections are gone; until its lease ends it may come back. Returns its types.
    mutating func depart(_ worker: String) -> [TaskType] {
        guard let gone = remove(worker) else { return [] }
        if departed.count < maximum { departed[worker] = Departed(types: gone.message.types, heard: gone.heard, expires: gone.expires) }
        return gone.message.types
    }

    /// No lease of a worker whose connections are gone lasts longer than this.
    mutating func endDepartedLeases(at end: ContinuousClock.Instant) {
        for index in departed.values.indices { departed.values[index].expires = min(departed.values[index].expires, end) }
    }

    private mutating func remove(_ worker: String) -> Worker? {
        guard let gone = workers.removeValue(forKey: worker) else { return nil }
        countShares(gone.message, by: -1)
        count(gone.message, by: -1)
        return gone
    }

    /// Counts what a worker takes of its user's shares.
    private mutating func countShares(_ message: RegistryMessage, by change: Int) {
        places.add(change, of: message.publisher)
        held.add(change * message.heldCount, of: message.publisher)
    }

    private mutating func count(_ message: RegistryMessage, by change: Int) {
        for type in Set(message.types) {
            var service = services[type] ?? Service()
            if message.takesTasks {
                service.concurrency += change * message.concurrency
                if !message.batch { service.single += change }
            }
            let intervals = service.intervals[message.interval, default: 0] + change
            service.intervals[message.interval] = intervals > 0 ? intervals : nil
            services[type] = service.intervals.isEmpty ? nil : service
        }
    }

    /// Whether the latest report of a live worker names the task's attempt.
    func holds(_ task: HandedTask) -> Bool {
        guard let holder = task.holder else { return false }
        return workers[holder.worker]?.report == holder.report
    }

    /// Whether a worker of `type` lives.
    func serves(_ type: TaskType) -> Bool { services[type] != nil }

    /// The longest time between two heartbeats of a worker of `type`.
    func heartbeat(of type: TaskType) -> Duration {
        .milliseconds(services[type]?.intervals.keys.max() ?? 0)
    }

    /// How many tasks of `type` its workers run at a time, and whether all of them take batches.
    func service(of type: TaskType) -> (concurrency: Int, takesBatches: Bool) {
        guard let service = services[type] else { return (0, false) }
        return (service.concurrency, service.single == 0 && service.concurrency > 0)
    }
}

extension RegistryMessage {
    /// How many tasks it names.
    fileprivate var heldCount: Int { running.count + waiting.count }

    /// Whether the worker takes what it took by another message.
    fileprivate func serves(as other: RegistryMessage) -> Bool {
        types == other.types && concurrency == other.concurrency && batch == other.batch && takesTasks == other.takesTasks
            && interval == other.interval
    }
}
