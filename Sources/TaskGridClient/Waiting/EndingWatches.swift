import TaskGridCore

/// The watches for endings by task, and the endings that have come.
///
/// Pure: the caller passes the time and wakes whoever is named in an answer.
struct EndingWatches: Sendable {
    /// Endings kept of tasks whose acceptance has not been read yet. Further endings are learned by asking.
    static let maximumEarly = 10_000

    private struct Interest {
        var watches: [EndingWatch.ID]
        var since: ContinuousClock.Instant
        /// Submitted by this client, so that its ending is pushed.
        var isPushed: Bool
    }

    private var watches: [EndingWatch.ID: EndingWatch] = [:]
    private var interests: [TaskID: Interest] = [:]
    private var early: [TaskID: Ending] = [:]
    private var lastID = 0

    var isEmpty: Bool { watches.isEmpty }
    /// Tasks whose end somebody waits for.
    var outstanding: Int { interests.count }

    mutating func open(submissions: Int, deadline: ContinuousClock.Instant) -> EndingWatch.ID {
        lastID += 1
        watches[lastID] = EndingWatch(unaccepted: submissions, deadline: deadline)
        return lastID
    }

    /// More submissions whose tasks the watch waits for.
    mutating func expect(_ submissions: Int, by id: EndingWatch.ID) { watches[id]?.unaccepted += submissions }

    /// The owner waits no longer.
    mutating func close(_ id: EndingWatch.ID) {
        guard let watch = watches.removeValue(forKey: id), watch.outstanding > 0 else { return }
        for (task, interest) in interests where interest.watches.contains(id) {
            let rest = interest.watches.filter { $0 != id }
            if rest.isEmpty { interests[task] = nil } else { interests[task]?.watches = rest }
        }
    }

    /// The tasks of a submission have ids now. Says whether an ending among them had come before.
    mutating func accepted(_ tasks: some Sequence<TaskID>, by id: EndingWatch.ID, arePushed: Bool = true, now: ContinuousClock.Instant)
        -> Bool
    {
        guard watches[id] != nil else { return false }
        watches[id]?.unaccepted -= 1
        return add(tasks, to: id, arePushed: arePushed, now: now)
    }

    /// Adds tasks to a watch; `arePushed` for this client's own. Says whether an ending among them had come before.
    mutating func add(_ tasks: some Sequence<TaskID>, to id: EndingWatch.ID, arePushed: Bool, now: ContinuousClock.Instant) -> Bool {
        guard watches[id] != nil else { return false }
        let interest = Interest(watches: [id], since: now, isPushed: arePushed)
        var outstanding = 0
        var ready: [Ending] = []
        for task in tasks {
            if !early.isEmpty, let ending = early.removeValue(forKey: task) {
                ready.append(ending)
                continue
            }
            outstanding += 1
            guard let other = interests.updateValue(interest, forKey: task) else { continue }
            interests[task] = other
            interests[task]?.watches.append(id)
        }
        watches[id]?.outstanding += outstanding
        watches[id]?.ready += ready
        return !ready.isEmpty
    }

    /// Tasks have ended. Gives whom to wake. With `keepEarly`, those that nobody waits for yet are kept.
    mutating func ended(_ endings: [Ending], keepEarly: Bool) -> Set<EndingWatch.ID> {
        var woken: Set<EndingWatch.ID> = []
        // Tasks that end together have the same owner mostly, which is looked up once for all.
        var owners: [EndingWatch.ID] = []
        var ready: [Ending] = []
        func tell() {
            for id in owners {
                watches[id]?.outstanding -= ready.count
                watches[id]?.ready += ready
            }
            woken.formUnion(owners)
            ready = []
        }
        for ending in endings {
            guard let interest = interests.removeValue(forKey: ending.id) else {
                if keepEarly, early.count < Self.maximumEarly { early[ending.id] = ending }
                continue
            }
            if interest.watches != owners {
                tell()
                owners = interest.watches
            }
            ready.append(ending)
        }
        tell()
        return woken
    }

    /// No submission is under way any more: endings without an owner have none.
    mutating func forgetEarly() {
        if !early.isEmpty { early = [:] }
    }

    /// The store does not know a task. Gives whom to wake.
    mutating func unknown(_ task: TaskID) -> [EndingWatch.ID] {
        guard let interest = interests.removeValue(forKey: task) else { return [] }
        for id in interest.watches {
            watches[id]?.outstanding -= 1
            watches[id]?.failure = ClientError(
                .unknownTask, "the store does not know task \(task): it never took it, or has pruned it since"
            )
        }
        return interest.watches
    }

    mutating func fail(_ id: EndingWatch.ID, _ error: ClientError) {
        if watches[id]?.failure == nil { watches[id]?.failure = error }
    }

    /// The next event of a watch: endings, its failure, or its completion (nil endings); nil: none yet.
    mutating func take(_ id: EndingWatch.ID) -> Result<[Ending]?, ClientError>? {
        guard var watch = watches[id] else { return .success(nil) }
        if !watch.ready.isEmpty {
            let ready = watch.ready
            watch.ready = []
            watches[id] = watch
            return .success(ready)
        }
        if let failure = watch.failure { return .failure(failure) }
        return watch.isComplete ? .success(nil) : nil
    }

    /// This client's tasks whose end is not known though somebody waits for longer than `age`.
    func overdue(age: Duration, now: ContinuousClock.Instant) -> [TaskID] {
        interests.filter { $0.value.isPushed && now >= $0.value.since + age }.map(\.key)
    }

    /// The tasks whose endings nobody pushes, since another client submitted them.
    func foreign() -> [TaskID] {
        interests.filter { !$0.value.isPushed }.map(\.key)
    }

    /// The watches whose deadline has passed, made to say so.
    mutating func expire(now: ContinuousClock.Instant) -> [EndingWatch.ID] {
        let expired = watches.filter { $0.value.deadline <= now && $0.value.failure == nil && !$0.value.isComplete }
        for (id, watch) in expired {
            fail(id, ClientError(.timedOut, "\(watch.outstanding + watch.unaccepted) of the awaited tasks did not end in time"))
        }
        return Array(expired.keys)
    }

    /// Everybody waits in vain. Gives whom to wake.
    mutating func failAll(_ error: ClientError) -> [EndingWatch.ID] {
        for id in watches.keys { fail(id, error) }
        return Array(watches.keys)
    }
}
