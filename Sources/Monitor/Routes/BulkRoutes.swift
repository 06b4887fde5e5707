import Foundation
import HTTPTypes
package import TaskGridCore
package import WebSupport

extension Route {
    static func bulkCount(_ queryClient: MonitorQueries, now: @escaping @Sendable () -> Timestamp) -> Route {
        let parameters = BulkFilterParameters(now: now)
        return .get(
            "/bulk/{action}", id: "bulkCount", summary: "How many tasks a bulk action would change.",
            parameters: parameters.after([RouteParameter.bulkAction]),
            problems: dispatcherProblems.merging([409: "The action does not change tasks in that state."]) { $1 }
        ) { call in
            let kind = try call.value(of: .bulkAction)
            let filter = try parameters.value(call, kind)
            return try await queryClient.search { try await BulkCountReport(queryClient, kind, filter) }
        }
    }

    static func startBulk(_ queryClient: MonitorQueries, now: @escaping @Sendable () -> Timestamp) -> Route {
        let parameters = BulkFilterParameters(now: now)
        let count: RouteParameter<Int> = .required(
            "count", summary: "How many tasks are expected. The action is refused, or stops, where there are more by a tenth and by ten."
        )
        let id: RouteParameter<String?> = .bulkID
        return .post(
            "/bulk/{action}", id: "startBulk", summary: "Cancels, or retries, all tasks that match.",
            parameters: parameters.after([RouteParameter.bulkAction, count, id]),
            problems: dispatcherProblems.merging([
                409: """
                Another number of tasks matches than was expected, the action does not change tasks in that state, or the id is that of \
                another action.
                """
            ]) { $1 }
        ) { call -> BulkActionReport in
            let kind = try call.value(of: .bulkAction)
            let filter = try parameters.value(call, kind)
            try call.caller.check(filter.type)
            let query = BulkQuery(
                kind, matching: filter, expected: try call.value(of: count),
                id: try call.value(of: id) ?? UUID().uuidString.lowercased()
            )
            return BulkActionReport(try await queryClient.ask(query, for: call.caller))
        }
    }

    static func bulkActions(_ queryClient: MonitorQueries) -> Route {
        .get(
            "/bulk-actions", id: "bulkActions", summary: "Bulk actions that run, and the latest that have ended; the newest first.",
            problems: dispatcherProblems
        ) { _ in
            BulkActionsReport(actions: try await queryClient.ask(BulkActionsQuery()).actions.map(BulkActionReport.init))
        }
    }

    static func stopBulk(_ queryClient: MonitorQueries) -> Route {
        .post(
            "/bulk-actions/{id}/stop", id: "stopBulk", summary: "Stops a bulk action. The tasks that it has changed stay so.",
            parameters: [RouteParameter.bulkIDInPath], problems: dispatcherProblems.merging([404: "The action is not known."]) { $1 }
        ) { call -> BulkActionReport in
            let id = try call.value(of: .bulkIDInPath)
            if !call.caller.types.areAll {
                guard let action = try await queryClient.ask(BulkActionsQuery()).actions.first(where: { $0.id == id }) else {
                    throw Problem(status: .notFound, detail: "bulk action '\(id)' is not known, or was forgotten")
                }
                try call.caller.check(action.filter.type)
            }
            return BulkActionReport(try await queryClient.ask(BulkStopQuery(id: id), for: call.caller))
        }
    }
}

/// The parameters that say which tasks a bulk action means.
private struct BulkFilterParameters: Sendable {
    private let state = RouteParameter.choice(
        "state", summary: "Only those that stand so; of a retry `failed` by default, of a cancellation all that have not ended.",
        schema: .taskState, of: TaskState.allCases.map { ($0.name, $0) }
    )
    private let since: RouteParameter<Timestamp?>
    private let until: RouteParameter<Timestamp?>

    init(now: @escaping @Sendable () -> Timestamp) {
        since = .moment("since", summary: "Of a retry: ended at that time or later; of a cancellation: accepted then or later.", now: now)
        until = .moment("until", summary: "Of a retry: ended before that time; of a cancellation: accepted before it.", now: now)
    }

    func after(_ others: [any AnyRouteParameter]) -> [any AnyRouteParameter] {
        let filter: [any AnyRouteParameter] = [
            RouteParameter.type, state, since, until, RouteParameter.errorText, RouteParameter.errorGroup,
        ]
        return others + filter
    }

    func value(_ call: RouteCall, _ kind: BulkAction.Kind) throws -> TaskFilter {
        var filter = TaskFilter(type: try call.value(of: .type))
        filter.state = try call.value(of: state)
        filter.text = try call.value(of: .errorText)
        filter.errorGroup = try call.value(of: .errorGroup)
        let times = try (since: call.value(of: since), until: call.value(of: until))
        switch kind {
        case .retry: (filter.completedSince, filter.completedUntil) = times
        case .cancel: (filter.createdSince, filter.createdUntil) = times
        }
        guard kind.meant(filter) != nil else {
            throw Problem(status: .conflict, detail: "tasks that are \(filter.state?.name ?? "") cannot be changed so; \(kind.states)")
        }
        return filter
    }
}

/// How many tasks a bulk action would change.
struct BulkCountReport: WebReport {
    static let schema = JSONSchema.object([
        "action": .choice(BulkAction.Kind.self), "count": .count,
        "complete": .boolean.described("Whether all were counted: false where there are too many to look at in one answer."),
    ]).named("BulkCount")

    private static let maximumQueries = 10
    private static let patience = Duration.seconds(3)

    var action: BulkAction.Kind
    var count = 0
    var complete: Bool

    init(_ queryClient: MonitorQueries, _ kind: BulkAction.Kind, _ filter: TaskFilter) async throws {
        action = kind
        let end = ContinuousClock.now + Self.patience
        let meant = kind.meant(filter) ?? filter
        var next: TaskID?
        for _ in 0..<Self.maximumQueries {
            let answer = try await queryClient.ask(MatchesQuery(meant, before: next))
            count += answer.count
            next = answer.next
            if next == nil || ContinuousClock.now >= end { break }
        }
        complete = next == nil
    }
}

struct BulkActionsReport: WebReport {
    static let schema = JSONSchema.object(["actions": .array(of: BulkActionReport.schema)]).named("BulkActions")

    var actions: [BulkActionReport]
}

/// A bulk action as it stands: the same in the monitor and in `taskgrid bulk`.
package struct BulkActionReport: WebReport {
    package static let schema = JSONSchema.object([
        "id": .string, "action": .choice(BulkAction.Kind.self), "state": .choice(BulkAction.State.self),
        "expected": .count.described("How many tasks whoever started it expected."), "done": .count.described("Tasks that were changed."),
        "refused": .count.described("Tasks whose state had changed meanwhile."), "type": .taskType.nullable,
        "task_state": .taskState.nullable,
        "text": .string.nullable, "error_group": .string.nullable, "started": .time, "ended": .optionalTime,
    ]).named("BulkAction")

    var id: String
    var action: BulkAction.Kind
    var state: BulkAction.State
    var expected: Int
    var done: Int
    var refused: Int
    /// Which tasks it means.
    @Nullable var type: TaskType?
    @Nullable var taskState: String?
    @Nullable var text: String?
    @Nullable var errorGroup: String?
    var started: String
    @Nullable var ended: String?

    private enum CodingKeys: String, CodingKey {
        case id, action, state, expected, done, refused, type, text, started, ended
        case taskState = "task_state"
        case errorGroup = "error_group"
    }

    package init(_ action: BulkAction) {
        id = action.id
        self.action = action.kind
        state = action.state
        expected = action.expected
        done = action.done
        refused = action.refused
        _type = Nullable(wrappedValue: action.filter.type)
        _taskState = Nullable(wrappedValue: action.filter.state?.name)
        _text = Nullable(wrappedValue: action.filter.text)
        _errorGroup = Nullable(wrappedValue: action.filter.errorGroup?.description)
        started = action.started.description
        _ended = Nullable(wrappedValue: action.ended?.description)
    }
}

extension RouteParameter where Value == BulkAction.Kind {
    fileprivate static let bulkAction = RouteParameter(
        "action", in: .path, summary: "The action.", schema: .choice(BulkAction.Kind.self), example: "retry"
    ) { text throws(Problem) in
        guard let kind = text.flatMap(BulkAction.Kind.init) else {
            throw Problem(parameter: "action", is: text ?? "", takes: BulkAction.Kind.allCases.map(\.rawValue).joined(separator: " or "))
        }
        return kind
    }
}

extension RouteParameter where Value == Int {
    /// A number that has to be given.
    fileprivate static func required(_ name: String, summary: String) -> RouteParameter {
        let range = 1...1_000_000_000
        return RouteParameter(name, summary: summary, schema: .integer(range), example: "1", isRequired: true) { text throws(Problem) in
            guard let value = text.flatMap({ Int($0) }), value.description == text, range.contains(value) else {
                throw Problem(parameter: name, is: text, takes: "\(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }
}

/// An id of a bulk action: letters and digits of ASCII, `-`, `_` and `.`.
private enum BulkID {
    static let schema = JSONSchema.string(pattern: "^[A-Za-z0-9._-]{1,\(BulkAction.maximumIDLength)}$")

    static func read(_ text: String) throws(Problem) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            let character = Character(UnicodeScalar(byte))
            return byte < 0x80 && (character.isLetter || character.isNumber || "._-".contains(character))
        }
        guard isPlain, (1...BulkAction.maximumIDLength).contains(text.utf8.count) else {
            throw Problem(
                parameter: "id", is: text, takes: "1 to \(BulkAction.maximumIDLength) letters and digits of ASCII, '-', '_' and '.'")
        }
        return text
    }
}

extension RouteParameter where Value == String? {
    fileprivate static let bulkID = RouteParameter(
        "id", summary: "Its id, such as a UUID: asked again with the same one, the action is started once.", schema: BulkID.schema
    ) { text throws(Problem) in
        guard let text else { return nil }
        return try BulkID.read(text)
    }
}

extension RouteParameter where Value == String {
    fileprivate static let bulkIDInPath = RouteParameter(
        "id", in: .path, summary: "The action's id.", schema: BulkID.schema, example: "0b7c55e1"
    ) { text throws(Problem) in try BulkID.read(text ?? "") }
}
