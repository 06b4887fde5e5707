import HTTPTypes
package import TaskGridCore
import WebSupport

extension Route {
    static func failures(_ queryClient: MonitorQueries, now: @escaping @Sendable () -> Timestamp) -> Route {
        let since = RouteParameter.moment("since", summary: "Ended at that time or later.", now: now)
        let until = RouteParameter.moment("until", summary: "Ended before that time.", now: now)
        let after = RouteParameter.task("after", summary: "The `next` of the part before.")
        return .get(
            "/failures", id: "failures", summary: "Failed tasks by type and kind of error, the most frequent first.",
            parameters: [RouteParameter.type, since, until, RouteParameter.errorText, RouteParameter.errorGroup, after],
            problems: dispatcherProblems
        ) { call in
            var filter = TaskFilter(type: try call.value(of: .type), state: .failed)
            filter.completedSince = try call.value(of: since)
            filter.completedUntil = try call.value(of: until)
            filter.text = try call.value(of: .errorText)
            filter.errorGroup = try call.value(of: .errorGroup)
            let after = try call.value(of: after)
            return try await queryClient.search { try await FailuresReport(queryClient, filter, after: after) }
        }
    }
}

/// The answer of `/failures`.
struct FailuresReport: WebReport {
    static let schema = JSONSchema.object([
        "groups": .array(of: FailureGroupReport.schema), "total": .count.described("Failed tasks that were looked at."),
        "others": .count.described("Those that are in none of the groups, because there are too many kinds of errors."),
        "next": .taskID.nullable.described(
            "The value of `after` for older tasks if there are too many to look at in one answer; else null."),
    ]).named("Failures")

    /// The most groups of one answer.
    private static let maximum = 200
    /// How many queries one answer may take, and how long it asks further ones.
    private static let maximumQueries = 10
    private static let patience = Duration.seconds(3)

    var groups: [FailureGroupReport]
    var total: Int
    var others: Int
    @Nullable var next: TaskID?

    init(_ queryClient: MonitorQueries, _ filter: TaskFilter, after: TaskID?) async throws {
        let end = ContinuousClock.now + Self.patience
        var groups = FailureGroups(maximum: Self.maximum)
        var next = after
        for _ in 0..<Self.maximumQueries {
            let answer = try await queryClient.ask(FailuresQuery(filter, before: next))
            for group in answer.groups { groups.add(group) }
            next = answer.next
            if next == nil || ContinuousClock.now >= end { break }
        }
        self.groups = groups.largestFirst.map(FailureGroupReport.init)
        total = groups.total
        others = groups.others
        _next = Nullable(wrappedValue: next)
    }
}

/// Failed tasks of one type whose errors are of one kind: the same in the monitor and in `taskgrid errors`.
package struct FailureGroupReport: Encodable, Sendable {
    static let schema = JSONSchema.object([
        "type": .taskType,
        "error": .string.described("The error with `#` for numbers and ids and `…` for quoted texts: what `error_group` takes."),
        "count": .count,
        "example": .string.described("The error of the newest of them."), "newest": .taskID, "first": .time, "last": .time,
    ]).named("FailureGroup")

    var type: TaskType
    var error: String
    var count: Int
    var example: String
    var newest: TaskID
    /// When the first and the last of them ended.
    var first: String
    var last: String

    package init(_ group: FailureGroup) {
        type = group.type
        error = group.error
        count = group.count
        example = group.example
        newest = group.newest
        first = group.first.description
        last = group.last.description
    }
}

extension RouteParameter where Value == ErrorGroup? {
    static let errorGroup = RouteParameter(
        "error_group", summary: "Only errors of this kind: what `/failures` calls `error`.",
        schema: .string(length: 1...ErrorGroup.maximumLength)
    ) { text throws(Problem) in
        guard let text else { return nil }
        guard (1...ErrorGroup.maximumLength).contains(text.unicodeScalars.count) else {
            throw Problem(parameter: "error_group", is: text, takes: "1 to \(ErrorGroup.maximumLength) characters")
        }
        return ErrorGroup(text: text)
    }
}
