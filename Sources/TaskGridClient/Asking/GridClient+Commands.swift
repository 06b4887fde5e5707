public import TaskGridCore

/// Admin commands: changes to tasks and types that were accepted. Each call returns once the change is durable.
///
/// The dispatcher does an admin command once, however often it is given; so one whose answer is lost is given again.
extension GridClient {
    /// Cancels tasks that have not ended, whoever submitted them. They end at once; a worker that holds one is told to stop.
    ///
    /// - Returns: For each task `done`; `refused` with the state in which it had ended; or `unknown`.
    /// - Throws: `serviceUnavailable` where the dispatcher does not answer: those before may be cancelled by then.
    public func cancel(_ tasks: [TaskID]) async throws(ClientError) -> [CommandOutcome] {
        var outcomes: [CommandOutcome] = []
        for part in parts(of: tasks, CancelQuery.maximumTasks) {
            let (answer, isRepeated) = try await command(CancelQuery(tasks: part))
            outcomes += answer.tasks.map { task in
                let wasDoneBefore = isRepeated && task.state == .cancelled
                return wasDoneBefore ? CommandOutcome(id: task.id, outcome: .done, state: task.state) : task
            }
        }
        return outcomes
    }

    /// Has tasks done again that ended as failed, cancelled or expired: with all their attempts, and without their expiry.
    ///
    /// - Returns: For each task `done`; `refused` with its state where it succeeded or has not ended; or `unknown`.
    /// - Throws: `serviceUnavailable` where the dispatcher does not answer: those before may be under way by then.
    public func retry(_ tasks: [TaskID]) async throws(ClientError) -> [CommandOutcome] {
        var outcomes: [CommandOutcome] = []
        for part in parts(of: tasks, RetryQuery.maximumTasks) {
            let (answer, isRepeated) = try await command(RetryQuery(tasks: part))
            outcomes += answer.tasks.map { task in
                let wasDoneBefore = isRepeated && task.state?.isTerminal == false
                return wasDoneBefore ? CommandOutcome(id: task.id, outcome: .done, state: task.state) : task
            }
        }
        return outcomes
    }

    /// Has up to 1000 tasks done again that the filter means, the newest first: the failed ones, unless it names another last
    /// state. Repeated with the answer's `next` as `before` until that is nil, it does so with each of them once.
    ///
    /// - Returns: The outcome of each task found; none though there are more, where the search takes long. If an answer was
    ///   lost on the way, more may be done again than it says.
    /// - Throws: `badArgument` for a state that cannot be retried; `serviceUnavailable` where the dispatcher does not answer.
    public func retry(matching filter: TaskFilter, before: TaskID?) async throws(ClientError) -> CommandAnswer {
        try await command(RetryQuery(matching: filter, before: before)).answer
    }

    /// Has all tasks done again that the filter means, each once.
    ///
    /// - Returns: How many.
    /// - Throws: as `retry(matching:before:)`; those before may be under way by then.
    @discardableResult
    public func retry(matching filter: TaskFilter) async throws(ClientError) -> Int {
        var count = 0
        var before: TaskID?
        repeat {
            let answer = try await retry(matching: filter, before: before)
            count += answer.tasks.count { $0.outcome == .done }
            before = answer.next
        } while before != nil
        return count
    }

    /// Tasks that ended as failed, the newest first.
    ///
    /// - Parameters:
    ///   - filter: which tasks; its `state` is ignored.
    ///   - before: only tasks with a lower id.
    ///   - limit: how many tasks at most.
    public func failed(
        matching filter: TaskFilter = TaskFilter(), before: TaskID? = nil, limit: Int = 50
    ) async throws(ClientError) -> [TaskRecord] {
        var filter = filter
        filter.state = .failed
        return try await tasks(matching: filter, before: before, limit: limit)
    }

    /// Failed tasks by type and kind of error, with counts.
    ///
    /// - Parameter filter: which tasks; its `state` is ignored.
    public func failures(matching filter: TaskFilter = TaskFilter()) async throws(ClientError) -> FailureGroups {
        var groups = FailureGroups()
        var next: TaskID?
        repeat {
            let answer = try await ask(FailuresQuery(filter, before: next), isFurther: next != nil)
            for group in answer.groups { groups.add(group) }
            next = answer.next
        } while next != nil
        return groups
    }

    /// Hands out no more tasks of these types, until they are resumed. Running tasks go on. The pause outlives the dispatcher.
    ///
    /// - Parameters:
    ///   - types: up to 1000.
    ///   - time: after which they are resumed by themselves, from 1 ms to ten years; nil: never.
    /// - Returns: For each type `done`; `unchanged` where it was paused before, without a time; `unknown` where the type is not known.
    /// - Throws: `serviceUnavailable` where the dispatcher does not answer: they may be paused by then.
    public func pause(_ types: [TaskType], for time: Duration? = nil) async throws(ClientError) -> [PauseOutcome] {
        try await command(PauseQuery(types: types, time: time.map { UInt64(clamping: $0.milliseconds) })).answer.types
    }

    /// Hands out tasks of paused types again.
    ///
    /// - Returns: For each type `done`; `unchanged` where it was not paused; `unknown` where the type is not known.
    /// - Throws: as `pause(_:for:)`.
    public func resume(_ types: [TaskType]) async throws(ClientError) -> [PauseOutcome] {
        try await command(ResumeQuery(types: types)).answer.types
    }

    /// Forgets types that nobody uses: no worker of them lives, they have no tasks and no keys, and they are not paused.
    ///
    /// - Returns: For each type `done`; `refused`, and why; or `unknown`.
    /// - Throws: `serviceUnavailable` where the dispatcher does not answer: they may be forgotten by then.
    public func forget(_ types: [TaskType]) async throws(ClientError) -> [ForgetOutcome] {
        let (answer, isRepeated) = try await command(ForgetQuery(types: types))
        // Done, and the answer lost.
        return answer.types.map { isRepeated && $0.outcome == .unknown ? ForgetOutcome(type: $0.type, outcome: .done) : $0 }
    }

    /// Up to `limit` of the tasks that the filter means, the newest first, after as many queries as that takes.
    ///
    /// A task that alone is too large for an answer has its payload and its result cut (`isCut`); `status(_:)` reads them whole.
    ///
    /// - Parameters:
    ///   - filter: which tasks.
    ///   - before: only tasks with a lower id.
    ///   - limit: how many tasks at most.
    ///   - isBrief: whether payloads and results are left out.
    public func tasks(
        matching filter: TaskFilter, before: TaskID? = nil, limit: Int = 50, isBrief: Bool = false
    ) async throws(ClientError) -> [TaskRecord] {
        var tasks: [TaskRecord] = []
        var next = before
        while tasks.count < limit {
            let page = try await page(matching: filter, before: next, limit: limit - tasks.count, isBrief: isBrief)
            tasks += page.tasks
            next = page.next
            if next == nil { break }
        }
        return tasks
    }

    /// Some of the tasks that the filter means, the newest first: what one answer holds, 1 MiB, or what one search finds in its
    /// time. There may be none in it though there are more.
    ///
    /// - Parameters:
    ///   - filter: which tasks.
    ///   - before: only tasks with a lower id: the `next` of the page before.
    ///   - limit: how many tasks at most; no page has more than 1000.
    ///   - isBrief: whether payloads and results are left out.
    package func page(
        matching filter: TaskFilter, before: TaskID? = nil, limit: Int, isBrief: Bool = false
    ) async throws(ClientError) -> TasksQuery.Answer {
        let query = TasksQuery(filter, before: before, limit: min(TasksQuery.maximumLimit, limit), isBrief: isBrief)
        return try await ask(query, isFurther: before != nil)
    }

    /// How many tasks the filter means.
    ///
    /// - Parameters:
    ///   - filter: which tasks.
    ///   - before: only tasks with a lower id.
    ///   - maximum: where to stop counting: the answer may be somewhat higher, and then stands for *at least*.
    public func count(
        matching filter: TaskFilter, before: TaskID? = nil, upTo maximum: Int = .max
    ) async throws(ClientError) -> Int {
        var count = 0
        var next = before
        repeat {
            let answer = try await ask(MatchesQuery(filter, before: next), isFurther: next != nil)
            count += answer.count
            next = answer.next
        } while next != nil && count < maximum
        return count
    }

    /// Gives an admin command until it is answered, three times at most.
    func command<Asked: Query>(_ query: Asked) async throws(ClientError) -> (answer: Asked.Answer, isRepeated: Bool) {
        var attempt = 1
        while true {
            do {
                return (try await ask(query, within: .seconds(10)), attempt > 1)
            } catch {
                guard error.code == .serviceUnavailable, attempt < 3 else { throw error }
                attempt += 1
            }
        }
    }

    private func parts(of tasks: [TaskID], _ size: Int) -> [[TaskID]] {
        stride(from: 0, to: tasks.count, by: size).map { Array(tasks[$0..<min(tasks.count, $0 + size)]) }
    }
}
