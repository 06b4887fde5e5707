import Foundation

/// A task as the command and the monitor show it in JSON: the same names, types and units wherever a task is shown.
///
/// Times are RFC 3339 in UTC, run times are milliseconds. A field is `null` where the task has no value, and left out where it was
/// not asked for: see ``Part``.
package struct TaskReport: Encodable, Sendable {
    /// The parts of a report beside its first fields.
    package struct Part: OptionSet, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) { self.rawValue = rawValue }

        /// When it was accepted and ended, and what it was submitted with.
        package static let settings = Part(rawValue: 1)
        package static let payload = Part(rawValue: 2)
        package static let result = Part(rawValue: 4)
        package static let attempts = Part(rawValue: 8)
        package static let all: Part = [.settings, .payload, .result, .attempts]
    }

    package let task: TaskRecord
    package let parts: Part
    /// The most bytes of a payload and of a result that are shown.
    package let maximumContent: Int

    /// - Parameters:
    ///   - task: the task.
    ///   - parts: what is shown of it.
    ///   - maximumContent: the most bytes of a payload and of a result that are shown.
    package init(_ task: TaskRecord, _ parts: Part = .all, maximumContent: Int = .max) {
        self.task = task
        self.parts = parts
        self.maximumContent = maximumContent
    }

    /// The end of a task, which a client knows without asking: its first fields and its result.
    ///
    /// - Parameters:
    ///   - ending: how it ended.
    ///   - type: its type.
    package init(_ ending: Ending, type: TaskType) {
        let task = TaskRecord(
            id: ending.id, type: type, payload: Data(), result: ending.state == .succeeded ? ending.result : nil, status: ending.state,
            created: Timestamp(rawValue: 0), attempt: ending.attempt, settings: TaskSettings(), error: ending.error,
            worker: ending.worker.isEmpty ? nil : ending.worker, key: "", runTime: ending.attempt == 0 ? nil : ending.runTime
        )
        self.init(task, .result)
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case id, type, state, attempt, worker, error
        case runTime = "run_ms"
        // Settings.
        case created, completed, priority, due, expires, backoff, key, user
        case maxAttempts = "max_attempts"
        case timeout = "timeout_ms"
        case payload, result, attempts, held
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(task.id, forKey: .id)
        try container.encode(task.type, forKey: .type)
        try container.encode(task.status, forKey: .state)
        try container.encode(task.attempt, forKey: .attempt)
        try container.encode(task.worker, forKey: .worker)
        try container.encode(task.error?.description, forKey: .error)
        try container.encode(task.runTime?.shownMilliseconds, forKey: .runTime)
        if parts.contains(.settings) {
            try container.encode(task.created.description, forKey: .created)
            try container.encode(task.completed?.description, forKey: .completed)
            try container.encode(task.settings.maxAttempts ?? 1, forKey: .maxAttempts)
            try container.encode(task.settings.priority, forKey: .priority)
            try container.encode(task.due?.description, forKey: .due)
            try container.encode(task.expires?.description, forKey: .expires)
            try container.encode(task.settings.timeout?.milliseconds, forKey: .timeout)
            try container.encode(task.settings.backoff?.description, forKey: .backoff)
            try container.encode(task.key, forKey: .key)
            try container.encode(task.user, forKey: .user)
        }
        if parts.contains(.payload) {
            try container.encode(ContentReport(task.payload, size: task.payloadSize, maximum: maximumContent), forKey: .payload)
        }
        if parts.contains(.result) {
            let result = task.result.map { ContentReport($0, size: task.resultSize, maximum: maximumContent) }
            try container.encode(result, forKey: .result)
        }
        if parts.contains(.attempts) {
            try container.encode(task.attempts.map(AttemptReport.init), forKey: .attempts)
            try container.encode(task.held, forKey: .held)
        }
    }
}
