import TaskGridCore

/// Interruptions that are provisional: the connections of a task's worker are gone, and its lease has not ended. Should the worker
/// be heard of until then, its process lives, and the interruption is struck out; else it counts for good.
///
/// The first provisional interruption of a task is applied at once, so that the task runs elsewhere without delay. One that follows
/// while the first is undecided, and one that would end the task, is deferred: the task stays in its window until the verdict.
/// Pure: it is told what happens.
struct Interruptions {
    struct Entry {
        let task: TaskID
        let type: TaskType
        let attempt: Int
        /// The attempt had begun, as far as is known.
        let started: Bool
        /// nil: no report had named the attempt.
        let worker: String?
        /// When the worker was last heard of.
        let heard: Moment?
        /// When the delivery came back.
        let since: Moment
        /// When the worker's lease ends; of one that is not known, the longest that it may last.
        var until: Moment

        /// Whether the proof of its attempt is among those that a worker gives.
        func isProven(among proofs: [RegistryMessage.Held: Proof], by key: ProofKey) -> Bool {
            proofs[RegistryMessage.Held(task: task, attempt: attempt)] == key.proof(of: task, attempt: attempt, type: type)
        }
    }

    private var applied: [TaskID: Entry] = [:]
    private var deferred: [TaskID: Entry] = [:]
    /// Interruptions that were struck out while their task waited in the store: until then, its next hand-out is told.
    private var struck: [TaskID: Moment] = [:]
    /// How many entries blame which worker: heartbeats come by the thousand, and most say nothing of any entry.
    private var blamed: [String?: Int] = [:]

    var isEmpty: Bool { applied.isEmpty && deferred.isEmpty }

    /// A provisional interruption of the task has been applied, and is undecided.
    func isProvisional(_ task: TaskID) -> Bool { applied[task] != nil }

    /// The task's delivery came back, and it waits for the verdict.
    func isDeferred(_ task: TaskID) -> Bool { deferred[task] != nil }

    mutating func apply(_ entry: Entry) { add(entry, to: \.applied) }

    mutating func postpone(_ entry: Entry) { add(entry, to: \.deferred) }

    private mutating func add(_ entry: Entry, to entries: WritableKeyPath<Interruptions, [TaskID: Entry]>) {
        if let replaced = self[keyPath: entries].updateValue(entry, forKey: entry.task) { blamed[replaced.worker, default: 0] -= 1 }
        blamed[entry.worker, default: 0] += 1
    }

    private func isBlamed(_ worker: String?) -> Bool { blamed[worker, default: 0] > 0 }

    /// Whether a word of this worker decides anything.
    func concerns(_ message: RegistryMessage) -> Bool {
        guard !isEmpty else { return false }
        if isBlamed(message.worker) { return true }
        return isBlamed(nil) && (message.running + message.waiting).contains { isUnnamed($0) }
    }

    private func isUnnamed(_ held: RegistryMessage.Held) -> Bool {
        [applied[held.task], deferred[held.task]].contains { $0.map { $0.worker == nil && $0.attempt == held.attempt } ?? false }
    }

    /// A worker that was thought gone lives: takes out what was blamed on it. Of what was blamed on nobody, that is what it names with the
    /// proof that it was handed to it.
    mutating func strike(_ message: RegistryMessage, by key: ProofKey) -> (applied: [Entry], deferred: [Entry]) {
        let proofs = isBlamed(nil) ? message.proofsByAttempt : [:]
        func isIts(_ entry: Entry) -> Bool {
            entry.worker == message.worker || (entry.worker == nil && entry.isProven(among: proofs, by: key))
        }
        return (remove(\.applied, where: isIts), remove(\.deferred, where: isIts))
    }

    /// The leases that have ended by now decide: takes out the interruptions of which no more is to be heard.
    mutating func decide(at now: Moment) -> (applied: [Entry], deferred: [Entry]) {
        if !struck.isEmpty { struck = struck.filter { $0.value > now } }
        guard !isEmpty else { return ([], []) }
        let decided = remove(\.applied) { $0.until <= now }
        let undecided = Set(applied.keys)
        return (decided, remove(\.deferred) { $0.until <= now && !undecided.contains($0.task) })
    }

    /// Nobody could be heard for a while: no verdict before then.
    mutating func extend(to end: Moment) { change { max($0, end) } }

    /// No lease lasts longer than this.
    mutating func endLeases(at end: Moment) { change { min($0, end) } }

    private mutating func change(_ end: (Moment) -> Moment) {
        for index in applied.values.indices { applied.values[index].until = end(applied.values[index].until) }
        for index in deferred.values.indices { deferred.values[index].until = end(deferred.values[index].until) }
    }

    /// The task waits in the store with an interruption that was none.
    mutating func note(struck task: TaskID, until: Moment) {
        struck[task] = until
    }

    /// Whether an interruption of a task that goes out was none.
    mutating func takeStruck(_ task: TaskID) -> Bool {
        !struck.isEmpty && struck.removeValue(forKey: task) != nil
    }

    private mutating func remove(
        _ entries: WritableKeyPath<Interruptions, [TaskID: Entry]>, where condition: (Entry) -> Bool
    ) -> [Entry] {
        let removed = self[keyPath: entries].values.filter(condition)
        for entry in removed {
            self[keyPath: entries][entry.task] = nil
            blamed[entry.worker, default: 0] -= 1
        }
        if isEmpty { blamed = [:] }
        return removed.sorted { $0.task < $1.task }
    }
}

extension RegistryMessage {
    /// The proofs that it gives, by the attempts that it names.
    var proofsByAttempt: [Held: Proof] {
        Dictionary(held.compactMap { held, _, proof in proof.map { (held, $0) } }) { first, _ in first }
    }
}
