import HTTPTypes
import TaskGridCore
import WebSupport

extension Route {
    /// Asks the dispatcher, because the monitor keeps no tasks.
    static func tasks(_ queryClient: MonitorQueries, now: @escaping @Sendable () -> Timestamp) -> Route {
        let state = RouteParameter.choice(
            "state", summary: "Only those that stand so.", schema: .taskState, of: TaskState.allCases.map { ($0.name, $0) }
        )
        let since = RouteParameter.moment("since", summary: "Accepted at that time or later.", now: now)
        let until = RouteParameter.moment("until", summary: "Accepted before that time.", now: now)
        let id = RouteParameter.task("id", summary: "Only the task with this id.")
        let after = RouteParameter.task("after", summary: "The `next` of the page before.")
        let limit = RouteParameter.integer(
            "limit", summary: "How many at most. A page may be shorter though there is a next one.", in: 1...200, default: 50
        )
        return .get(
            "/tasks", id: "tasks", summary: "Tasks by type, state, time of acceptance and error, the newest first.",
            parameters: [RouteParameter.type, state, since, until, RouteParameter.errorText, RouteParameter.errorGroup, id, after, limit],
            problems: dispatcherProblems
        ) { call in
            var filter = TaskFilter(type: try call.value(of: .type))
            filter.state = try call.value(of: state)
            filter.createdSince = try call.value(of: since)
            filter.createdUntil = try call.value(of: until)
            filter.text = try call.value(of: .errorText)
            filter.errorGroup = try call.value(of: .errorGroup)
            let search = TaskSearch(
                queryClient: queryClient, filter: filter, after: try call.value(of: after), limit: try call.value(of: limit)
            )
            if let id = try call.value(of: id) { return try await search.find(id) }
            return try await queryClient.search { try await search.run() }
        }
    }

    /// The problems of a route that asks the dispatcher.
    static let dispatcherProblems = [
        503: "The dispatcher or the broker cannot be asked now, or too many queries are under way; `Retry-After` says when to ask again.",
        504: "The dispatcher did not answer in time.",
    ]
}

extension RouteParameter where Value == String? {
    /// Characters of a text to look for, which have four bytes at most.
    private static let maximumLength = TaskFilter.maximumTextLength / 4

    static let errorText = RouteParameter(
        "text", summary: "A text that the error contains; the case of ASCII letters makes no difference.",
        schema: .string(pattern: "^[^\\x00]{1,\(maximumLength)}$")
    ) { text throws(Problem) in
        guard let text else { return nil }
        guard (1...maximumLength).contains(text.unicodeScalars.count), !text.contains("\0") else {
            throw Problem(parameter: "text", is: text, takes: "1 to \(maximumLength) characters, none of them NUL")
        }
        return text
    }
}

/// The answer of `/tasks`: a page, the newest first.
struct TasksReport: WebReport {
    static let schema = JSONSchema.object([
        "tasks": .array(of: TaskReport.summarySchema.extended()),
        "next": .taskID.nullable.described("The value of `after` for the next page; null on the last."),
    ]).named("Tasks")

    var tasks: [TaskReport]
    @Nullable var next: TaskID?
}

/// One search among the tasks, which may take several queries.
private struct TaskSearch {
    /// How many queries one may take: each looks at a bounded number of tasks.
    private static let maximumQueries = 10
    /// How long it asks further queries; the tasks that it has found by then are a page like any other.
    private static let patience = Duration.seconds(3)

    let queryClient: MonitorQueries
    let filter: TaskFilter
    let after: TaskID?
    let limit: Int

    func run() async throws -> TasksReport {
        let end = ContinuousClock.now + Self.patience
        var report = TasksReport(tasks: [])
        var next = after
        for _ in 0..<Self.maximumQueries {
            let query = TasksQuery(filter, before: next, limit: limit - report.tasks.count, isBrief: true)
            let answer = try await queryClient.ask(query)
            report.tasks += answer.tasks.map { TaskReport($0, .settings) }
            next = answer.next
            if next == nil || report.tasks.count >= limit || ContinuousClock.now >= end { break }
        }
        report.next = next
        return report
    }

    /// The one task with that id, if it is there and is meant.
    func find(_ id: TaskID) async throws -> TasksReport {
        let task = try await queryClient.summary(of: id)
        guard let task, filter.matches(task), after.map({ id < $0 }) ?? true else { return TasksReport(tasks: []) }
        return TasksReport(tasks: [TaskReport(task, .settings)])
    }
}
