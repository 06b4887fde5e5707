import TaskGridCore
import WebSupport

/// Schemas that several reports and parameters share.
extension JSONSchema {
    static let taskType = string(pattern: "^[a-z][a-z0-9_-]{0,63}$").named("TaskType")
    static let taskID = integer(1...999_999_999_999_999_999).named("TaskID")
    /// A task's id in a path or a query.
    static let taskIDText = string(pattern: "^[1-9][0-9]{0,17}$").named("TaskIDText")
    static let taskState = choice(TaskState.allCases.map(\.name)).named("TaskState")
    static let workerState = choice(WorkerStatistics.State.self).named("WorkerState")
    static let breaker = choice(BreakerState.self).named("Breaker")
    static let time = string.described("RFC 3339 in UTC, with milliseconds.").named("Time")
    static let optionalTime = string.nullable.named("OptionalTime")
    static let activeWorkers = count.nullable.described(
        "Workers that hold a lease; null while that is not known, such as while the broker is away."
    ).named("ActiveWorkers")
    static let milliseconds = number.atLeast(0).nullable.described("Null where nothing was measured.").named("Milliseconds")
    static let duration = string(pattern: "^([1-9][0-9]{0,2}h)?[1-9][0-9]{0,2}(ms|s|m)$|^[1-9][0-9]{0,2}[hd]$")
        .described("One or more numbers with their units, the largest first: `90s`, `1h30m`, `7d`.").named("Duration")
    static let moment = string(
        pattern: """
            ^(-?[0-9]{1,4}(ms|s|m|h|d)|(19[7-9][0-9]|20[0-9][0-9])-\
            ((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))\
            (T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,3})?)?(Z|[+-]0[0-9]:[0-5][0-9])?)?)$
            """
    ).described(
        "How long ago, such as -1h or 15m (ms, s, m, h, d), or a date, or a date and a time, in UTC unless a zone follows."
    ).named("Moment")
    /// A sentence for people.
    static let outcome = string.described("A sentence that says what happened.")
}

extension TaskCounts {
    static let schema = JSONSchema.object([
        "submitted": .integer, "pending": .integer, "scheduled": .integer, "queued": .integer, "running": .integer,
        "succeeded": .integer, "failed": .integer, "cancelled": .integer, "expired": .integer,
    ]).named("Counts")
}
