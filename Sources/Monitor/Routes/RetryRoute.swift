import HTTPTypes
import TaskGridCore
import WebSupport

extension Route {
    static func retry(_ queryClient: MonitorQueries) -> Route {
        .post(
            "/tasks/{id}/retry", id: "retry", summary: "Has a failed, cancelled or expired task done again.",
            parameters: [RouteParameter.taskInPath],
            problems: dispatcherProblems.merging([404: "The task is not known.", 409: "It has succeeded, or has not ended."]) { $1 }
        ) { call -> TaskActionReport in
            let id = try call.value(of: .taskInPath)
            try await queryClient.check(call.caller, mayChange: id)
            let outcome = try await queryClient.ask(RetryQuery(tasks: [id]), for: call.caller).tasks.first
            switch (outcome?.outcome, outcome?.state) {
            case (.done, let state):
                let message = "Task \(id)\(state.map { ", which stood as \($0)," } ?? "") is done again, with all its attempts."
                return TaskActionReport(id: id, outcome: .retried, message: message)
            case (.refused, .succeeded?):
                throw Problem(status: .conflict, detail: "task \(id) has succeeded: there is nothing to do again")
            case (.refused, let state):
                throw Problem(status: .conflict, detail: "task \(id) has not ended\(state.map { ": it is \($0)" } ?? "")")
            case (.unknown, _), (nil, _): throw Problem.unknown(id)
            }
        }
    }
}
