import TaskGridCore

/// A task as `/tasks` lists it.
struct TaskSummary: Encodable {
    var id: String
    var type: TaskType
    var state: TaskState
    var created: String
    @Nullable var completed: String?
    var attempt: Int
    var maxAttempts: Int
    @Nullable var worker: String?
    @Nullable var error: String?
    /// How long the last attempt ran, of a task that has ended.
    @Nullable var runTime: Double?

    enum CodingKeys: String, CodingKey {
        case id, type, state, created, completed, attempt, worker, error
        case maxAttempts = "max_attempts"
        case runTime = "run_ms"
    }

    init(_ task: TaskRecord) {
        id = task.id.description
        type = task.type
        state = task.status
        created = task.created.description
        completed = task.completed?.description
        attempt = task.attempt
        maxAttempts = task.settings.maxAttempts ?? 1
        worker = task.worker
        error = task.error?.description
        runTime = task.runTime?.shownMilliseconds
    }
}

/// What `/tasks` answers: a page, the newest first.
struct TasksReport: Encodable {
    var tasks: [TaskSummary]
    /// What `after` is on the next page; null on the last.
    @Nullable var next: String?
}

/// What `/tasks/{id}` answers: the summary's fields, and these.
struct TaskReport: Encodable {
    var summary: TaskSummary
    var payload: Content
    @Nullable var result: Content?
    /// The first one first; of very many the latest.
    var attempts: [AttemptReport]
    var priority: Int
    @Nullable var due: String?
    @Nullable var expires: String?
    @Nullable var timeout: Int64?
    /// How long it waits after a failed attempt; null: the dispatcher's default.
    @Nullable var backoff: String?

    enum CodingKeys: String, CodingKey {
        case payload, result, attempts, priority, due, expires, backoff
        case timeout = "timeout_ms"
    }

    init(_ task: TaskRecord) {
        summary = TaskSummary(task)
        payload = Content(task.payload, size: task.payloadSize)
        result = task.result.map { Content($0, size: task.resultSize) }
        attempts = task.attempts.map(AttemptReport.init)
        priority = task.settings.priority
        due = task.due?.description
        expires = task.expires?.description
        timeout = task.settings.timeout?.milliseconds
        backoff = task.settings.backoff?.description
    }

    func encode(to encoder: any Encoder) throws {
        try summary.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(payload, forKey: .payload)
        try container.encode(_result, forKey: .result)
        try container.encode(attempts, forKey: .attempts)
        try container.encode(priority, forKey: .priority)
        try container.encode(_due, forKey: .due)
        try container.encode(_expires, forKey: .expires)
        try container.encode(_timeout, forKey: .timeout)
        try container.encode(_backoff, forKey: .backoff)
    }
}

/// One try of a task.
struct AttemptReport: Encodable {
    var number: Int
    @Nullable var worker: String?
    @Nullable var started: String?
    @Nullable var ended: String?
    @Nullable var runTime: Double?
    var outcome: Attempt.Outcome
    @Nullable var error: String?

    enum CodingKeys: String, CodingKey {
        case number, worker, started, ended, outcome, error
        case runTime = "run_ms"
    }

    init(_ attempt: Attempt) {
        number = attempt.number
        worker = attempt.worker
        started = attempt.started?.description
        ended = attempt.ended?.description
        runTime = attempt.runTime?.shownMilliseconds
        outcome = attempt.outcome
        error = attempt.error?.description
    }
}

extension Duration {
    /// Milliseconds with three digits of their fraction.
    fileprivate var shownMilliseconds: Double { Double(microseconds) / 1000 }
}
