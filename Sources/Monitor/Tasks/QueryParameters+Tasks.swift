import Foundation
import TaskGridCore
import WebSupport

/// The parameters of `/tasks`.
extension QueryParameters {
    static let maximumTasks = 200
    /// Characters of a text to look for, which have four bytes at most.
    static let maximumText = TaskFilter.maximumTextLength / 4
    static let taskParameters: Set<String> = ["pretty", "type", "state", "since", "until", "text", "id", "after", "limit"]

    func filter(now: Timestamp) throws(Problem) -> TaskFilter {
        var filter = TaskFilter(type: try type())
        if let value = self["state"] {
            guard let state = TaskState(name: value) else {
                throw Self.bad("state", value, TaskState.allCases.map(\.name).joined(separator: ", "))
            }
            filter.state = state
        }
        filter.createdSince = try moment("since", now: now)
        filter.createdUntil = try moment("until", now: now)
        if let text = self["text"] {
            guard (1...Self.maximumText).contains(text.unicodeScalars.count) else {
                throw Self.bad("text", text, "1 to \(Self.maximumText) characters")
            }
            filter.text = text
        }
        return filter
    }

    func task(_ name: String) throws(Problem) -> TaskID? {
        guard let value = self[name] else { return nil }
        guard let id = TaskID(plain: value) else { throw Self.bad(name, value, "a task's id, a whole number from 1") }
        return id
    }

    func limit() throws(Problem) -> Int {
        guard let value = self["limit"] else { return 50 }
        guard let limit = Int(value), limit.description == value, (1...Self.maximumTasks).contains(limit) else {
            throw Self.bad("limit", value, "1 to \(Self.maximumTasks)")
        }
        return limit
    }

    /// A point in time: how long ago, with a minus sign or without, or a date and a time.
    func moment(_ name: String, now: Timestamp) throws(Problem) -> Timestamp? {
        guard let value = self[name] else { return nil }
        let text = value.hasPrefix("-") ? String(value.dropFirst()) : value
        guard value.wholeMatch(of: /-?[0-9]+(ms|s|m|h|d)|[0-9]{4}-.*/) != nil, let moment = MomentText.read(text, now: now) else {
            throw Self.bad(name, value, MomentText.what)
        }
        return moment
    }
}

extension TaskID {
    /// Reads an id as it is written, without sign or zeros before it.
    init?(plain text: String) {
        self.init(text)
        guard description == text else { return nil }
    }
}
