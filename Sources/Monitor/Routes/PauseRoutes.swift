import HTTPTypes
import TaskGridCore
import WebSupport

extension Route {
    static func pause(_ queryClient: MonitorQueries) -> Route {
        .post(
            "/types/{type}/pause", id: "pause", summary: "Hands out no more tasks of a type.",
            parameters: [RouteParameter.typeInPath, RouteParameter.pauseTime],
            problems: pauseProblems
        ) { call -> TypeActionReport in
            let type = try call.value(of: .typeInPath)
            try call.caller.check(type)
            let time = try call.value(of: .pauseTime)
            let message =
                switch try await queryClient.ask(PauseQuery(types: [type], time: time), for: call.caller).types.first?.outcome {
                case .done: "Type \(type) is paused: its tasks wait, and those that run go on."
                case .unchanged: "Type \(type) was paused before."
                case .unknown, nil: throw Problem.unregistered(type)
                }
            return TypeActionReport(type: type, paused: true, message: message)
        }
    }

    static func resume(_ queryClient: MonitorQueries) -> Route {
        .post(
            "/types/{type}/resume", id: "resume", summary: "Hands out tasks of a paused type again.",
            parameters: [RouteParameter.typeInPath], problems: pauseProblems
        ) { call -> TypeActionReport in
            let type = try call.value(of: .typeInPath)
            try call.caller.check(type)
            let message =
                switch try await queryClient.ask(ResumeQuery(types: [type]), for: call.caller).types.first?.outcome {
                case .done: "Type \(type) is resumed: its tasks are handed out again."
                case .unchanged: "Type \(type) was not paused."
                case .unknown, nil: throw Problem.unregistered(type)
                }
            return TypeActionReport(type: type, paused: false, message: message)
        }
    }

    private static let pauseProblems = dispatcherProblems.merging([404: "The type is not known."]) { $1 }
}

/// The answer to an action on a type.
struct TypeActionReport: WebReport {
    static let schema = JSONSchema.object(["type": .taskType, "paused": .boolean, "message": .outcome]).named("TypeAction")

    var type: TaskType
    var paused: Bool
    var message: String
}

extension RouteParameter where Value == UInt64? {
    /// Milliseconds.
    fileprivate static let pauseTime = RouteParameter(
        "for", summary: "After which time the type is resumed by itself, such as `1h`; without it, it is not.", schema: .duration
    ) { text throws(Problem) in
        guard let text else { return nil }
        let time = DurationText.read(text).map { UInt64(clamping: $0.milliseconds) }
        // A bare number could be meant in another unit.
        guard let time, text.last?.isLetter == true, (1...PauseQuery.maximumTime).contains(time) else {
            throw Problem(parameter: "for", is: text, takes: "\(DurationText.what), of 1ms to ten years")
        }
        return time
    }
}

extension Problem {
    fileprivate static func unregistered(_ type: TaskType) -> Problem {
        Problem(status: .notFound, detail: "no worker has registered type '\(type)'")
    }
}
