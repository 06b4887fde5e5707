public import TaskGrid

/// A task that a client has submitted to a `TestGrid`.
public struct TestSubmission: Hashable, Sendable {
    public let id: TaskID
    public let type: TaskType
    public let payload: Data
    public let settings: TaskSettings
    /// The idempotency key of its submission: the caller's, or a UUID.
    public let key: String

    /// The input that the payload stands for.
    ///
    /// - Throws: `PayloadError` where it is none of the definition's.
    public func input<Input, Output>(of definition: TaskDefinition<Input, Output>) throws(PayloadError) -> Input {
        try definition.input.decode(payload)
    }
}
