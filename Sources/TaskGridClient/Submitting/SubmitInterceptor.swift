public import Foundation
public import TaskGridCore

/// Code around the submissions of a client, such as tracing, metrics or encryption.
///
/// Interceptors stand around the grid in the order of their list: the first one is the outermost, so it sees a submission first and its
/// receipts last. They see every way to submit: values and bytes, one task and many, with and without a wait for the end.
///
/// ```swift
/// struct Limited: SubmitInterceptor {
///     func intercept(_ submission: ClientSubmission, next: NextSubmit) async throws(ClientError) -> [Result<TaskID, ClientError>] {
///         var submission = submission
///         submission.options.settings.maxAttempts = 1
///         return try await next(submission)
///     }
/// }
/// ```
public protocol SubmitInterceptor: Sendable {
    /// Submits tasks, by way of the interceptors inside of this one.
    typealias NextSubmit = @Sendable (ClientSubmission) async throws(ClientError) -> [Result<TaskID, ClientError>]

    /// Submits tasks, by way of `next` once most often. A call that does not go on to `next` throws or gives a receipt of its own for each.
    ///
    /// - Parameters:
    ///   - submission: the submission, as the interceptor outside of this one has passed it on. The number of its payloads stays the same.
    ///   - next: runs the interceptors inside of this one, and then submits.
    /// - Returns: for each payload, in their order, the task's id, or why it was not accepted.
    func intercept(_ submission: ClientSubmission, next: NextSubmit) async throws(ClientError) -> [Result<TaskID, ClientError>]
}

/// Tasks of one type that a client is about to submit.
public struct ClientSubmission: Sendable {
    public let type: TaskType
    /// One for each task.
    public var payloads: [Data]
    /// The options that all of the tasks are submitted with.
    public var options: TaskOptions

    public init(type: TaskType, payloads: [Data], options: TaskOptions) {
        self.type = type
        self.payloads = payloads
        self.options = options
    }
}
