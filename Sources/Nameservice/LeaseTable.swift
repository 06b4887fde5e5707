import HeapModule
import ServiceSupport
import TaskGridCore

/// The workers that live: one lease each, which every message of the worker renews.
///
/// Pure: messages and moments go in, the workers' comings and goings come out as events. A lease lasts
/// `RegistryMessage.lease` after the worker's latest message. Every message says everything, so a heartbeat of an unknown
/// worker lets it join, as after a restart of the nameservice. A heartbeat that comes after its worker's deregistration
/// lets it join too, until that lease ends.
struct LeaseTable {
    /// A user has its share of workers, or the table as many types as it may, and it takes no new one.
    struct Full: Error, Hashable {
        enum Bound: String {
            case workers, types
        }

        let what: Bound
        let maximum: Int
    }

    private struct Lease {
        var worker: RegistryMessage
        var lastSeen: Timestamp
        var end: ContinuousClock.Instant
        /// The deadline that stands in the heap for this lease; never after `end`.
        var queued: ContinuousClock.Instant
    }

    /// When a lease may have ended. Renewing a lease leaves its deadline where it is; one that comes up too early is set
    /// anew, and one that is no lease's `queued` is dropped.
    private struct Deadline: Comparable {
        var instant: ContinuousClock.Instant
        var worker: String

        static func < (lhs: Deadline, rhs: Deadline) -> Bool { lhs.instant < rhs.instant }
    }

    /// The most workers of a user, where others have none.
    static let defaultMaximum = 10_000
    static let defaultMaximumTypes = 10_000
    /// The most tasks that are kept of what a worker says it runs, and of what it says it holds: enough to look at.
    static let maximumHeld = 1000

    let maximum: Int
    let maximumTypes: Int
    /// How many workers each type has.
    private var types: [TaskType: Int] = [:]
    /// How many workers each user has.
    private var places: UserShares
    private var leases: [String: Lease] = [:]
    private var deadlines = Heap<Deadline>()

    init(maximum: Int = LeaseTable.defaultMaximum, maximumTypes: Int = LeaseTable.defaultMaximumTypes) {
        self.maximum = maximum
        self.maximumTypes = maximumTypes
        places = UserShares(ofOne: maximum)
    }

    var count: Int { leases.count }

    /// When the next lease ends, unless it is renewed; nil where there is none.
    var nextExpiry: ContinuousClock.Instant? { deadlines.min?.instant }

    /// Deadlines kept, leftover ones included.
    var deadlineCount: Int { deadlines.count }

    /// Applies a registry message.
    ///
    /// - Returns: The event, where a worker joined or left.
    /// - Throws: `Full` for a worker that is new and one too many of its user, or brings a type too many.
    mutating func apply(_ kind: RegistryMessage.Kind, _ worker: RegistryMessage, at moment: ClockReading) throws(Full) -> WorkerEvent? {
        switch kind {
        case .register, .heartbeat: try renew(worker, at: moment)
        case .deregister: remove(worker, at: moment)
        }
    }

    /// Ends the leases that are over.
    mutating func expire(at moment: ClockReading) -> [WorkerEvent] {
        var events: [WorkerEvent] = []
        while let deadline = deadlines.min, deadline.instant <= moment.instant {
            deadlines.removeMin()
            // `refreshEarliestDeadline` has seen to it that the earliest deadline is a lease's true end.
            if let lease = leases.removeValue(forKey: deadline.worker) {
                countOut(lease.worker)
                events.append(WorkerEvent(kind: .left, reason: .leaseExpired, at: moment.timestamp, worker: lease.worker))
            }
            refreshEarliestDeadline()
        }
        return events
    }

    /// Gives every worker a whole lease from now: after a time in which none could be heard.
    mutating func renewAll(at moment: ClockReading) {
        for index in leases.values.indices {
            let lease = leases.values[index]
            leases.values[index].end = max(lease.end, moment.instant.advanced(by: lease.worker.lease))
        }
        refreshEarliestDeadline()
    }

    /// The workers that live, those of `type` or all, by their ids' order, from behind `after`.
    func workers(of type: TaskType? = nil, after: String? = nil) -> [LiveWorker] {
        leases.values.lazy
            .filter { lease in type.map(lease.worker.types.contains) ?? true && after.map { $0 < lease.worker.worker } ?? true }
            .map { LiveWorker(worker: $0.worker, lastSeen: $0.lastSeen) }
            .sorted { $0.worker.worker < $1.worker.worker }
    }

    private mutating func renew(_ worker: RegistryMessage, at moment: ClockReading) throws(Full) -> WorkerEvent? {
        let id = worker.worker
        var worker = worker
        if worker.running.count > Self.maximumHeld { worker.running = Array(worker.running.prefix(Self.maximumHeld)) }
        if worker.waiting.count > Self.maximumHeld { worker.waiting = Array(worker.waiting.prefix(Self.maximumHeld)) }
        let end = moment.instant.advanced(by: worker.lease)
        try makeRoom(for: worker, instead: leases[id]?.worker)
        if let known = leases[id] {
            // An interval that became shorter may end the lease before its deadline comes up.
            let queued = min(known.queued, end)
            leases[id] = Lease(worker: worker, lastSeen: moment.timestamp, end: end, queued: queued)
            if queued < known.queued { queue(Deadline(instant: queued, worker: id)) }
            refreshEarliestDeadline()
            return nil
        }
        leases[id] = Lease(worker: worker, lastSeen: moment.timestamp, end: end, queued: end)
        queue(Deadline(instant: end, worker: id))
        return WorkerEvent(kind: .joined, at: moment.timestamp, worker: worker)
    }

    private mutating func remove(_ worker: RegistryMessage, at moment: ClockReading) -> WorkerEvent? {
        guard let gone = leases.removeValue(forKey: worker.worker) else { return nil }
        countOut(gone.worker)
        refreshEarliestDeadline()
        return WorkerEvent(kind: .left, reason: .deregistered, at: moment.timestamp, worker: worker)
    }

    /// Counts the worker and its types in, and out what it was before.
    private mutating func makeRoom(for worker: RegistryMessage, instead known: RegistryMessage?) throws(Full) {
        let isNew = known?.publisher != worker.publisher
        guard !isNew || places.hasRoom(of: worker.publisher) else { throw Full(what: .workers, maximum: maximum) }
        guard isNew || known?.types != worker.types else { return }
        let fresh = Set(worker.types).count { types[$0] == nil }
        guard types.count + fresh <= maximumTypes else { throw Full(what: .types, maximum: maximumTypes) }
        if let known { countOut(known) }
        places.add(of: worker.publisher)
        count(worker.types, by: 1)
    }

    private mutating func countOut(_ gone: RegistryMessage) {
        places.add(-1, of: gone.publisher)
        count(gone.types, by: -1)
    }

    private mutating func count(_ types: [TaskType], by change: Int) {
        for type in Set(types) {
            let count = self.types[type, default: 0] + change
            self.types[type] = count > 0 ? count : nil
        }
    }

    private mutating func queue(_ deadline: Deadline) {
        deadlines.insert(deadline)
        // Workers that come and go leave deadlines behind: at most one for each that lives, and some.
        if deadlines.count > 2 * leases.count + 64 {
            for index in leases.values.indices { leases.values[index].queued = leases.values[index].end }
            deadlines = Heap(leases.map { Deadline(instant: $0.value.end, worker: $0.key) })
        }
    }

    /// Makes the earliest deadline a lease's true end.
    private mutating func refreshEarliestDeadline() {
        while let deadline = deadlines.min {
            guard var lease = leases[deadline.worker], lease.queued == deadline.instant else {
                deadlines.removeMin()
                continue
            }
            if lease.end == lease.queued { return }
            lease.queued = lease.end
            leases[deadline.worker] = lease
            deadlines.replaceMin(with: Deadline(instant: lease.end, worker: deadline.worker))
        }
    }
}
