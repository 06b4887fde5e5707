import TaskGridCore
import TaskStore

/// All that the model keeps, changed the plainest way.
struct ModelState {
    struct Key {
        let first: TaskID
        let count: Int
        let type: TaskType
        let fingerprint: Fingerprint
        let created: Timestamp
    }

    var tasks: [TaskID: ModelTask] = [:]
    var keys: [String: Key] = [:]
    var types: Set<TaskType> = []
    var pauses: [TaskType: Pause] = [:]
    var bulkActions: [String: BulkAction] = [:]
    /// The numbers of submitted and ended tasks, of those that are gone too.
    var counters: [TaskType: TaskCounts] = [:]
    var forgotten = TaskCounts()
    var lastTask: Int64 = 0
    var term = Term(0)
    var clock: StoreClockReading?
    var alignedOffset = Duration.zero

    mutating func apply(_ changes: StoreChanges) throws(StoreError) -> StoreReceipt {
        if let term = changes.term, term != self.term { throw StoreError(.superseded, "a term began after \(term)") }
        if let reading = changes.clock {
            clock = StoreClockReading(clock: max(clock?.clock ?? reading.clock, reading.clock), wall: reading.wall)
        }
        types.formUnion(changes.types)
        let accepted = changes.submissions.map { accept($0) }
        var ended: [Bool] = []
        for ending in changes.endings { ended.append(try end(ending)) }
        let reopened = changes.reopenings.map { reopen($0.id) }
        for schedule in changes.schedules { apply(schedule) }
        for attempt in changes.attempts { note(attempt) }
        for pausing in changes.pauses where types.contains(pausing.type) {
            pauses[pausing.type] = pausing.pause
        }
        for action in changes.bulkActions { bulkActions[action.id] = action }
        let old = bulkActions.values.filter { $0.ended != nil }.sorted { ($0.started, $0.id) > ($1.started, $1.id) }
        for action in old.dropFirst(BulkAction.maximum) { bulkActions[action.id] = nil }
        var bytes = changes.takenBytes
        var taken: [Taken] = []
        for take in changes.takes {
            taken.append(bytes > 0 ? self.take(take, bytes) : Taken(handOuts: [], isExhausted: false))
            bytes -= taken[taken.count - 1].handOuts.reduce(0) { $0 + $1.payload.count }
        }
        let forgettings = changes.forgettings.map { forget($0.type) }
        return StoreReceipt(submissions: accepted, endings: ended, reopenings: reopened, takes: taken, forgettings: forgettings)
    }

    /// The name of a submission's key: each user has keys of its own, and those without a user hold for everybody.
    private func owned(_ submission: Submission) -> String {
        let everybody = "\0\(submission.key)"
        return keys[everybody] == nil ? submission.user + everybody : everybody
    }

    private mutating func accept(_ new: NewSubmission) -> Accepted {
        let submission = new.submission
        let first = TaskID(lastTask + 1)
        guard !submission.tasks.isEmpty else { return Accepted(first: first, count: 0, isRepeat: false) }
        types.insert(submission.type)
        let fingerprint = submission.fingerprint ?? Fingerprint(submission)
        if let key = keys[owned(submission)] {
            let isSame = key.type == submission.type && key.count == submission.tasks.count && key.fingerprint == fingerprint
            return Accepted(first: key.first, count: key.count, isRepeat: true, conflict: isSame ? nil : key.type)
        }
        keys[owned(submission)] = Key(
            first: first, count: submission.tasks.count, type: submission.type, fingerprint: fingerprint, created: new.created
        )
        for position in submission.tasks.indices {
            let task = ModelTask(new, at: position, id: first.advanced(by: position))
            tasks[task.id] = task
            if task.state.isTerminal { counters[task.type, default: TaskCounts()][task.state] += 1 }
        }
        counters[submission.type, default: TaskCounts()].submitted += submission.tasks.count
        lastTask += Int64(submission.tasks.count)
        return Accepted(first: first, count: submission.tasks.count, isRepeat: false)
    }

    private mutating func end(_ ending: NewEnding) throws(StoreError) -> Bool {
        guard ending.state.isTerminal else { throw StoreError(.badRequest, "'\(ending.state)' ends no task") }
        guard var task = tasks[ending.id], !task.state.isTerminal else { return false }
        let attempt = ending.state == .succeeded ? ending.attempt : max(task.attempt, ending.attempt)
        task.end(as: ending.state, attempt: attempt, error: ending.error, at: ending.completed)
        task.result = ending.state == .succeeded ? ending.result : nil
        task.worker = ending.worker.isEmpty ? nil : ending.worker
        task.runTime = ending.runTime > .zero ? .microseconds(ending.runTime.microseconds) : nil
        tasks[task.id] = task
        counters[task.type, default: TaskCounts()][task.state] += 1
        return true
    }

    private mutating func reopen(_ id: TaskID) -> Reopened {
        guard var task = tasks[id] else { return .unknown }
        let state = task.state
        guard [.failed, .cancelled, .expired].contains(state) else { return .refused(state) }
        task.reopen()
        tasks[id] = task
        counters[task.type, default: TaskCounts()][state] -= 1
        return .done(task.type, from: state)
    }

    private mutating func apply(_ schedule: Schedule) {
        guard var task = tasks[schedule.id], !task.state.isTerminal else { return }
        task.attempt = max(task.attempt, schedule.attempt)
        (task.failures, task.interruptions, task.error) = (schedule.failures, schedule.interruptions, schedule.error)
        task.due = schedule.due ?? .atOnce
        task.dueAt = nil
        task.state = task.due == .atOnce ? .pending : .scheduled
        tasks[task.id] = task
    }

    private mutating func note(_ ended: EndedAttempt) {
        guard tasks[ended.id] != nil else { return }
        let attempt = ended.attempt
        tasks[ended.id]?.attempts[attempt.number] = .ended(
            attempt.number, attempt.outcome, at: attempt.ended ?? .atOnce, after: attempt.runTime, worker: attempt.worker,
            error: attempt.error
        )
        let numbers = tasks[ended.id]?.attempts.keys.sorted() ?? []
        for number in numbers.dropLast(100) { tasks[ended.id]?.attempts[number] = nil }
    }

    private mutating func take(_ take: Take, _ bytes: Int) -> Taken {
        let tasks = self.tasks.values.filter { $0.type == take.type && !$0.state.isTerminal }
        let due = tasks.filter { $0.due.map { $0 <= take.now } ?? false }
            .sorted { ($0.due ?? .atOnce, $0.id) < ($1.due ?? .atOnce, $1.id) }
        let pending = tasks.filter { $0.state == .pending && $0.due == nil }
            .sorted { (-$0.settings.priority, $0.id) < (-$1.settings.priority, $1.id) }
        let ready = due + pending
        var handOuts: [HandOut] = []
        var rest = min(take.bytes, bytes)
        for var task in ready.prefix(max(0, take.limit)) {
            guard handOuts.isEmpty || task.payload.count <= rest else { break }
            rest -= task.payload.count
            let due = task.state == .scheduled ? task.due : nil
            task.state = .queued
            task.attempt += 1
            (task.due, task.dueAt) = (nil, nil)
            self.tasks[task.id] = task
            handOuts.append(HandOut(task: task.open, payload: task.payload, due: due))
        }
        return Taken(handOuts: handOuts, isExhausted: handOuts.count == ready.count)
    }

    private mutating func forget(_ type: TaskType) -> Bool {
        guard types.contains(type), pauses[type] == nil, !tasks.values.contains(where: { $0.type == type }),
            !keys.values.contains(where: { $0.type == type })
        else { return false }
        forgotten = forgotten + (counters.removeValue(forKey: type) ?? TaskCounts())
        types.remove(type)
        return true
    }
}
