package import TaskGridCore
package import WebSupport

extension Route {
    static func task(_ queryClient: MonitorQueries) -> Route {
        .get(
            "/tasks/{id}", id: "task", summary: "A task whole, with its payload, result and attempts.",
            parameters: [RouteParameter.taskInPath], problems: dispatcherProblems.merging([404: "The task is not known."]) { $1 }
        ) { call in
            let task = try await queryClient.ask(TaskQuery(id: try call.value(of: .taskInPath)))
            try call.caller.check(task.type)
            return TaskReport(task, maximumContent: ContentReport.maximumOnPage)
        }
    }
}

extension TaskReport: WebReport {
    /// A task as `/tasks` lists it.
    static let summarySchema = JSONSchema.object(
        [
            "id": .taskID, "type": .taskType, "state": .taskState,
            "attempt": .count.described("The number of the latest hand-out; 0 before the first."),
            "worker": .string.nullable, "error": .string.nullable,
            "run_ms": .number.atLeast(0).nullable.described("How long the last attempt ran, of a task that has ended."),
            "created": .time, "completed": .optionalTime, "max_attempts": .integer.atLeast(1), "priority": .integer(0...9),
            "due": .optionalTime, "expires": .optionalTime, "timeout_ms": .count.nullable,
            "backoff": .string.nullable.described("How long it waits after a failed attempt; null: the dispatcher's default."),
            "key": .string.described("The key of the submission that brought it."),
            "user": .string.nullable.described("The user that submitted it; null where an earlier version accepted it."),
        ],
        isOpen: true
    ).named("TaskSummary")

    /// A task as `/tasks/{id}` answers it.
    package static let schema = summarySchema.extended(with: [
        "payload": ContentReport.schema, "result": ContentReport.schema.nullable,
        "attempts": .array(of: AttemptReport.schema).atMost(items: 102).described("The first one first; of very many the latest."),
        "held": .array(of: .string).described("Why it is not handed out, of a task that could run; otherwise empty."),
    ]).named("Task")
}

extension AttemptReport {
    static let schema = JSONSchema.object([
        "number": .integer.atLeast(1), "worker": .string.nullable, "started": .optionalTime, "ended": .optionalTime,
        "run_ms": .number.atLeast(0).nullable, "outcome": .choice(Attempt.Outcome.self), "error": .string.nullable,
    ]).named("Attempt")
}

extension ContentReport {
    static let schema = JSONSchema.object([
        "bytes": .count.described("How many there are."), "text": .string.nullable, "base64": .string.nullable,
        "cut": .boolean.described("Whether less is shown than there is."),
    ]).described("Up to 64 KiB: as text where it is UTF-8, else as base64.").named("Content")

    /// The most bytes of a payload or a result that the monitor shows.
    static let maximumOnPage = 64 << 10
}
