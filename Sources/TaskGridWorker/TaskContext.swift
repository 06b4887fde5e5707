public import Logging
import ServiceSupport
public import TaskGridCore

/// The context of a task for the worker that runs it.
public struct TaskContext: Sendable {
    public let id: TaskID
    /// The number of this hand-out, from 1. A retried or lost task comes with a higher one.
    public let attempt: Int
    public let type: TaskType
    /// When the attempt is cancelled; nil: it has no limit.
    public let deadline: ContinuousClock.Instant?
    private let baseLogger: Logger

    public init(
        id: TaskID, attempt: Int = 1, type: TaskType, deadline: ContinuousClock.Instant? = nil, logger: Logger
    ) {
        self.id = id
        self.attempt = attempt
        self.type = type
        self.deadline = deadline
        baseLogger = logger
    }

    /// A logger whose lines name the task. Made when asked for, so that a task that logs nothing pays nothing.
    public var logger: Logger {
        var logger = baseLogger
        logger[metadataKey: LogKey.taskID] = "\(id)"
        logger[metadataKey: LogKey.taskAttempt] = "\(attempt)"
        logger[metadataKey: LogKey.taskType] = "\(type)"
        return logger
    }

    /// Whether the attempt's end no longer counts, so that it should stop: the same as `Task.isCancelled`.
    public var isCancelled: Bool { Task.isCancelled }

    /// - Throws: `CancellationError` where the attempt should stop.
    public func checkCancellation() throws {
        try Task.checkCancellation()
    }
}
