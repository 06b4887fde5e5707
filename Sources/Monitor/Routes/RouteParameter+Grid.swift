import Foundation
import HTTPTypes
import TaskGridCore
import WebSupport

/// The parameters that several routes take.

extension RouteParameter where Value == TaskType? {
    static let type = RouteParameter("type", summary: "Only of this type.", schema: .taskType) { text throws(Problem) in
        guard let text else { return nil }
        do {
            return try TaskType(text)
        } catch {
            throw Problem(status: .badRequest, detail: "parameter 'type': \(error)")
        }
    }
}

extension RouteParameter where Value == TaskType {
    static let typeInPath = RouteParameter(
        "type", in: .path, summary: "The type.", schema: .taskType, example: "sum"
    ) { text throws(Problem) in
        do {
            return try TaskType(text ?? "")
        } catch {
            throw Problem(status: .badRequest, detail: "\(error)")
        }
    }
}

extension RouteParameter where Value == TaskID {
    static let taskInPath = RouteParameter(
        "id", in: .path, summary: "The task's id.", schema: .taskIDText, example: "1"
    ) { text throws(Problem) in
        let text = text ?? ""
        guard let id = TaskID(plain: text) else {
            throw Problem(status: .badRequest, detail: "'\(text.prefix(40))' is no task id, a whole number from 1")
        }
        return id
    }
}

extension RouteParameter where Value == TaskID? {
    static func task(_ name: String, summary: String) -> RouteParameter {
        RouteParameter(name, summary: summary, schema: .taskIDText) { text throws(Problem) in
            guard let text else { return nil }
            guard let id = TaskID(plain: text) else {
                throw Problem(parameter: name, is: text, takes: "a task's id, a whole number from 1")
            }
            return id
        }
    }
}

extension RouteParameter where Value == Timestamp? {
    /// A point in time: how long before `now`, with a minus sign or without, or a date and a time.
    static func moment(_ name: String, summary: String, now: @escaping @Sendable () -> Timestamp) -> RouteParameter {
        RouteParameter(name, summary: summary, schema: .moment) { text throws(Problem) in
            // The zone's plus sign, which a query that is not encoded has as a space.
            guard let text = text?.replacing(" ", with: "+") else { return nil }
            // A bare number could be meant as seconds ago or since 1970.
            guard text.wholeMatch(of: /-?[0-9.]+/) == nil, let moment = MomentText.read(text, now: now()) else {
                throw Problem(parameter: name, is: text, takes: MomentText.what)
            }
            return moment
        }
    }
}

extension TaskID {
    /// Reads an id as it is written, without sign or zeros before it.
    init?(plain text: String) {
        self.init(text)
        guard description == text else { return nil }
    }
}
