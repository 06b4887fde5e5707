import HTTPTypes
import TaskGridCore
import WebSupport

extension Route {
    static func cancel(_ queryClient: MonitorQueries) -> Route {
        .post(
            "/tasks/{id}/cancel", id: "cancel", summary: "Cancels a task that has not ended.", parameters: [RouteParameter.taskInPath],
            problems: dispatcherProblems.merging([404: "The task is not known.", 409: "It has ended otherwise already."]) { $1 }
        ) { call -> TaskActionReport in
            let id = try call.value(of: .taskInPath)
            try await queryClient.check(call.caller, mayChange: id)
            func cancelled(_ message: String) -> TaskActionReport {
                TaskActionReport(id: id, outcome: .cancelled, message: message)
            }
            let outcome = try await queryClient.ask(CancelQuery(tasks: [id]), for: call.caller).tasks.first
            switch (outcome?.outcome, outcome?.state) {
            case (.done, let state?) where state == .running || state == .queued:
                return cancelled("Task \(id) is cancelled; a worker that runs it is told to stop.")
            case (.done, _): return cancelled("Task \(id) is cancelled, and will not be begun.")
            case (.refused, .cancelled?): return cancelled("Task \(id) was cancelled before.")
            case (.refused, let state):
                throw Problem(
                    status: .conflict, detail: "task \(id) cannot be cancelled: it has ended\(state.map { " as \($0)" } ?? "") already")
            case (.unknown, _), (nil, _): throw Problem.unknown(id)
            }
        }
    }
}

/// The answer to an action on a task.
struct TaskActionReport: WebReport {
    enum Outcome: String, Encodable, CaseIterable {
        case cancelled, retried
    }

    static let schema = JSONSchema.object(["id": .taskID, "outcome": .choice(Outcome.self), "message": .outcome]).named("TaskAction")

    var id: TaskID
    var outcome: Outcome
    var message: String
}

extension Problem {
    static func unknown(_ id: TaskID) -> Problem {
        Problem(status: .notFound, detail: "task \(id) is not known: never accepted, or ended so long ago that it was pruned")
    }
}
