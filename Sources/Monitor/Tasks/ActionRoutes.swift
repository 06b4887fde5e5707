import Hummingbird
import TaskGridCore
import WebSupport

/// What is done with tasks and types on request. Each answer says in a sentence what happened.
struct ActionRoutes: Sendable {
    let queryClient: QueryClient

    var posts: [String: WebServer.Handler] {
        [
            "/tasks/{id}/cancel": cancel, "/tasks/{id}/retry": retry,
            "/types/{type}/pause": { try await pause($0, $1, PauseQuery.init, isPause: true) },
            "/types/{type}/resume": { try await pause($0, $1, ResumeQuery.init, isPause: false) },
        ]
    }

    struct TaskAction: Encodable {
        enum Outcome: String, Encodable {
            case cancelled, retried
        }

        var id: String
        var outcome: Outcome
        var message: String
    }

    struct TypeAction: Encodable {
        var type: TaskType
        var paused: Bool
        var message: String
    }

    @Sendable private func cancel(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        _ = try QueryParameters(request, allowed: [])
        let id = try TaskRoutes.id(context)
        let outcome = try await queryClient.ask(CancelQuery(tasks: [id])).tasks.first
        switch (outcome?.outcome, outcome?.state) {
        case (.done, let state?) where state == .running || state == .queued:
            return answer(id, .cancelled, "Task \(id) is cancelled; a worker that runs it is told to stop.")
        case (.done, _): return answer(id, .cancelled, "Task \(id) is cancelled, and will not be begun.")
        case (.refused, .cancelled?): return answer(id, .cancelled, "Task \(id) was cancelled before.")
        case (.refused, let state):
            throw Problem(
                status: .conflict, detail: "task \(id) cannot be cancelled: it has ended\(state.map { " as \($0)" } ?? "") already")
        case (.unknown, _), (nil, _): throw Self.unknown(id)
        }
    }

    @Sendable private func retry(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        _ = try QueryParameters(request, allowed: [])
        let id = try TaskRoutes.id(context)
        let outcome = try await queryClient.ask(RetryQuery(tasks: [id])).tasks.first
        switch (outcome?.outcome, outcome?.state) {
        case (.done, let state):
            return answer(id, .retried, "Task \(id)\(state.map { ", which stood as \($0)," } ?? "") is done again, with all its attempts.")
        case (.refused, .succeeded?):
            throw Problem(status: .conflict, detail: "task \(id) has succeeded: there is nothing to do again")
        case (.refused, let state):
            throw Problem(status: .conflict, detail: "task \(id) has not ended\(state.map { ": it is \($0)" } ?? "")")
        case (.unknown, _), (nil, _): throw Self.unknown(id)
        }
    }

    private func answer(_ id: TaskID, _ outcome: TaskAction.Outcome, _ message: String) -> Response {
        .json(TaskAction(id: id.description, outcome: outcome, message: message))
    }

    private static func unknown(_ id: TaskID) -> Problem {
        Problem(status: .notFound, detail: "task \(id) is not known: never accepted, or ended so long ago that it was pruned")
    }

    private func pause<Asked: Query>(
        _ request: Request, _ context: BasicRequestContext, _ query: ([TaskType]) -> Asked, isPause: Bool
    ) async throws -> Response where Asked.Answer == PauseAnswer {
        _ = try QueryParameters(request, allowed: [])
        let type = try Self.type(context)
        switch (try await queryClient.ask(query([type])).types.first?.outcome, isPause) {
        case (.done, true): return answer(type, true, "Type \(type) is paused: its tasks wait, and those that run go on.")
        case (.done, false): return answer(type, false, "Type \(type) is resumed: its tasks are handed out again.")
        case (.unchanged, true): return answer(type, true, "Type \(type) was paused before.")
        case (.unchanged, false): return answer(type, false, "Type \(type) was not paused.")
        case (.unknown, _), (nil, _):
            throw Problem(status: .notFound, detail: "no worker has registered type '\(type)'")
        }
    }

    private func answer(_ type: TaskType, _ paused: Bool, _ message: String) -> Response {
        .json(TypeAction(type: type, paused: paused, message: message))
    }

    /// The type that stands in the path.
    static func type(_ context: BasicRequestContext) throws(Problem) -> TaskType {
        do {
            return try TaskType(context.parameters.get("type") ?? "")
        } catch {
            throw Problem(status: .badRequest, detail: "\(error)")
        }
    }
}
