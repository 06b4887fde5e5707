import HTTPTypes
import TaskGridCore
import WebSupport

extension Route {
    static func askWorker(_ queryClient: MonitorQueries, _ grid: GridState) -> Route {
        .post(
            "/workers/{worker}/{request}", id: "askWorker",
            summary: "Asks a worker to take no more tasks (`quiet`), to take tasks again (`resume`) or to stop.",
            parameters: [RouteParameter.workerInPath, RouteParameter.workerRequest],
            problems: dispatcherProblems.merging([404: "No worker with this id lives."]) { $1 }
        ) { call -> WorkerActionReport in
            let request = try call.value(of: .workerRequest)
            let worker = try call.value(of: .workerInPath)
            if !call.caller.types.areAll {
                guard let types = grid.statistics.workers[worker]?.worker.types else {
                    throw Problem(status: .notFound, detail: "the monitor knows no worker with this id")
                }
                for type in types { try call.caller.check(type) }
            }
            let answer = try await queryClient.ask(WorkerRequestQuery(request, worker: worker), for: call.caller)
            return WorkerActionReport(
                worker: answer.worker, request: request, message: "Worker \(answer.worker) is asked to \(request.words).")
        }
    }
}

/// The answer to an action on a worker.
struct WorkerActionReport: WebReport {
    static let schema = JSONSchema.object(["worker": .string, "request": .choice(WorkerRequest.self), "message": .outcome])
        .named("WorkerAction")

    var worker: String
    var request: WorkerRequest
    var message: String
}

extension WorkerRequest {
    fileprivate var words: String {
        switch self {
        case .quiet: "take no more tasks, and give back those that wait; running tasks go on"
        case .resume: "take tasks again"
        case .stop: "stop once its running tasks have ended"
        }
    }
}

extension RouteParameter where Value == String {
    fileprivate static let workerInPath = RouteParameter(
        "worker", in: .path, summary: "The worker's id.", schema: .string(length: 1...WireFormat.maximumIDLength),
        example: "node7-812-4c1d9e02"
    ) { text throws(Problem) in text ?? "" }
}

extension RouteParameter where Value == WorkerRequest {
    fileprivate static let workerRequest = RouteParameter(
        "request", in: .path, summary: "The request.", schema: .choice(WorkerRequest.self), example: "quiet"
    ) { text throws(Problem) in
        guard let request = text.flatMap(WorkerRequest.init) else {
            throw Problem(parameter: "request", is: text ?? "", takes: WorkerRequest.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return request
    }
}
