import TaskGridCore
import WebSupport

extension Route {
    static func task(_ queryClient: MonitorQueries) -> Route {
        .get(
            "/tasks/{id}", id: "task", summary: "A task whole, with its payload, result and attempts.",
            parameters: [RouteParameter.taskInPath], problems: dispatcherProblems.merging([404: "The task is not known."]) { $1 }
        ) { call in
            TaskReport(try await queryClient.ask(TaskQuery(id: try call.value(of: .taskInPath))))
        }
    }
}

/// A task as `/tasks` lists it.
struct TaskSummary: Encodable {
    static let schema = JSONSchema.object(
        [
            "id": .taskID, "type": .taskType, "state": .taskState, "created": .time, "completed": .optionalTime,
            "attempt": .count.described("The number of the latest hand-out; 0 before the first."), "max_attempts": .integer.atLeast(1),
            "worker": .string.nullable, "error": .string.nullable,
            "run_ms": .number.atLeast(0).nullable.described("How long the last attempt ran, of a task that has ended."),
        ],
        isOpen: true
    ).named("TaskSummary")

    var id: String
    var type: TaskType
    var state: TaskState
    var created: String
    @Nullable var completed: String?
    var attempt: Int
    var maxAttempts: Int
    @Nullable var worker: String?
    @Nullable var error: String?
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

/// The answer of `/tasks/{id}`: the summary's fields, and these.
struct TaskReport: WebReport {
    static let schema = TaskSummary.schema.extended(with: [
        "payload": ContentReport.schema, "result": ContentReport.schema.nullable,
        "attempts": .array(of: AttemptReport.schema).atMost(items: 102).described("The first one first; of very many the latest."),
        "key": .string.described("The idempotency key of the submission that brought it."), "priority": .integer(0...9),
        "due": .optionalTime, "expires": .optionalTime, "timeout_ms": .count.nullable,
        "backoff": .string.nullable.described("How long it waits after a failed attempt; null: the dispatcher's default."),
    ]).named("Task")

    var summary: TaskSummary
    var payload: ContentReport
    @Nullable var result: ContentReport?
    var attempts: [AttemptReport]
    var key: String
    var priority: Int
    @Nullable var due: String?
    @Nullable var expires: String?
    @Nullable var timeout: Int64?
    @Nullable var backoff: String?

    enum CodingKeys: String, CodingKey {
        case payload, result, attempts, key, priority, due, expires, backoff
        case timeout = "timeout_ms"
    }

    init(_ task: TaskRecord) {
        summary = TaskSummary(task)
        payload = ContentReport(task.payload, size: task.payloadSize)
        result = task.result.map { ContentReport($0, size: task.resultSize) }
        attempts = task.attempts.map(AttemptReport.init)
        key = task.key
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
        try container.encode(key, forKey: .key)
        try container.encode(priority, forKey: .priority)
        try container.encode(_due, forKey: .due)
        try container.encode(_expires, forKey: .expires)
        try container.encode(_timeout, forKey: .timeout)
        try container.encode(_backoff, forKey: .backoff)
    }
}

/// One attempt of a task.
struct AttemptReport: Encodable {
    static let schema = JSONSchema.object([
        "number": .integer.atLeast(1), "worker": .string.nullable, "started": .optionalTime, "ended": .optionalTime,
        "run_ms": .number.atLeast(0).nullable, "outcome": .choice(Attempt.Outcome.self), "error": .string.nullable,
    ]).named("Attempt")

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
