import TaskGridCore
import TaskStore

/// The answers to queries that only the scheduler can give.
extension Scheduler {
    /// The counters of the types after the one that the query names.
    func counts(_ query: CountsQuery, _ budget: AnswerBudget) -> CountsQuery.Answer {
        let rest = typeQueues.all.filter { typeQueue in query.after.map { typeQueue.type > $0 } ?? true }.sorted { $0.type < $1.type }
        let page = rest.prefix(CountsQuery.Answer.maximumTypes(budget))
        return CountsQuery.Answer(
            store: store.identity, types: Dictionary(uniqueKeysWithValues: page.map { ($0.type, $0.settled) }),
            paused: page.filter(\.isPaused).map(\.type),
            pausedUntil: Dictionary(
                uniqueKeysWithValues: page.compactMap { typeQueue in typeQueue.pause?.until.map { (typeQueue.type, clock.shown($0)) } }),
            breakers: Dictionary(uniqueKeysWithValues: page.map { ($0.type, $0.breaker.state) }.filter { $1 != .closed }),
            forgotten: forgottenTypes.counters, next: page.count < rest.count ? page.last?.type : nil
        )
    }

    /// The tasks that run, of one type or of all, in no order.
    func running(_ type: TaskType?) -> [TaskID] {
        typeQueues.all.filter { $0.running > 0 && (type == nil || $0.type == type) }.flatMap { typeQueue in
            typeQueue.handed.filter { $0.value.runningSince != nil }.map(\.key)
        }
    }

    /// The dispatcher's limits, and why it cannot use its store at present, without the hosts and paths of the store's error.
    func limits() -> LimitsQuery.Answer {
        LimitsQuery.Answer(maximumPayload: configuration.maximumPayload, service: .now(problem: trouble.error?.publicMessage))
    }

    /// Records with what only memory knows: that they run, and where; their times are the wall clock's.
    func current(_ tasks: [TaskRecord]) -> [TaskRecord] { tasks.map { clock.shown(current($0)) } }

    /// A record with what only memory knows: that it runs, and where.
    private func current(_ task: TaskRecord) -> TaskRecord {
        guard task.status == .queued, let handed = typeQueues[task.type]?.handed[task.id] else { return task }
        var task = task
        task.status = handed.machine.state
        task.attempt = handed.machine.attempt
        task.worker = handed.holder?.worker
        return task
    }
}
