import Hummingbird
import TaskGridCore
import WebSupport

/// What the paths about tasks answer: the dispatcher is asked, for the monitor keeps no tasks.
struct TaskRoutes: Sendable {
    /// How many queries one search may take: each looks at a bounded number of tasks.
    private static let queries = 10

    let queryClient: QueryClient
    let now: @Sendable () -> Timestamp

    var gets: [String: WebServer.Handler] { ["/tasks": tasks, "/tasks/{id}": task] }

    @Sendable private func tasks(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let query = try QueryParameters(request, allowed: QueryParameters.taskParameters)
        let isPretty = try query.isPretty()
        let filter = try query.filter(now: now())
        let after = try query.task("after")
        let limit = try query.limit()
        if let id = try query.task("id") { return .json(try await one(id, filter, after), pretty: isPretty) }
        let report = try await queryClient.search { try await search(filter, after, limit) }
        return .json(report, pretty: isPretty)
    }

    /// How long one search asks further queries; what it has found by then is a page like any other.
    private static let patience = Duration.seconds(3)

    private func search(_ filter: TaskFilter, _ after: TaskID?, _ limit: Int) async throws -> TasksReport {
        let end = ContinuousClock.now + Self.patience
        var report = TasksReport(tasks: [])
        var next = after
        for _ in 0..<Self.queries {
            let query = TasksQuery(filter, before: next, limit: limit - report.tasks.count, isBrief: true)
            let answer = try await queryClient.ask(query)
            report.tasks += answer.tasks.map(TaskSummary.init)
            next = answer.next
            if next == nil || report.tasks.count >= limit || ContinuousClock.now >= end { break }
        }
        report.next = next?.description
        return report
    }

    /// The one task with that id, if it is there and is meant: the newest that is older than the next id.
    private func one(_ id: TaskID, _ filter: TaskFilter, _ after: TaskID?) async throws -> TasksReport {
        guard id.rawValue < .max else { return TasksReport(tasks: []) }
        let query = TasksQuery(TaskFilter(), before: TaskID(id.rawValue + 1), limit: 1, isBrief: true)
        let task = try await queryClient.ask(query).tasks.first
        guard let task, task.id == id, filter.matches(task), after.map({ id < $0 }) ?? true else { return TasksReport(tasks: []) }
        return TasksReport(tasks: [TaskSummary(task)])
    }

    @Sendable private func task(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let isPretty = try QueryParameters(request, allowed: ["pretty"]).isPretty()
        let id = try Self.id(context)
        return .json(TaskReport(try await queryClient.ask(TaskQuery(id: id))), pretty: isPretty)
    }

    /// The id that stands in the path.
    static func id(_ context: BasicRequestContext) throws(Problem) -> TaskID {
        let text = context.parameters.get("id") ?? ""
        guard let id = TaskID(plain: text) else {
            throw Problem(status: .badRequest, detail: "'\(text.prefix(40))' is no task id, a whole number from 1")
        }
        return id
    }
}
