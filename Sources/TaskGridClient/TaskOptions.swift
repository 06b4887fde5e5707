public import TaskGridCore

/// How tasks are to be treated, and how long their submission may take.
public struct TaskOptions: Hashable, Sendable {
    /// How often each task is tried, how long and when it may run, and before which others. A delay and an expiry are counted from the
    /// call: a submission that is repeated says what is left of them.
    public var settings: TaskSettings
    /// The idempotency key, which makes a repeated submission the same one; nil: a new UUID for each message. Of many payloads, the
    /// messages after the first carry the key with `/1`, `/2` … at its end.
    public var key: String?
    /// How long the submission may take; it is repeated until then if its outcome is unknown.
    public var deadline: Duration

    public init(_ settings: TaskSettings = TaskSettings(), key: String? = nil, deadline: Duration = .seconds(30)) {
        self.settings = settings
        self.key = key
        self.deadline = deadline
    }
}

extension TaskOptions {
    /// The longest key: what a short string of AMQP holds, less the number of a message after the first.
    static let maximumKeyLength = WireFormat.maximumNameLength - 10

    func checked() throws(ClientError) {
        if let key, key.isEmpty || key.utf8.count > Self.maximumKeyLength {
            throw ClientError(.badArgument, "the key of a submission has 1 to \(Self.maximumKeyLength) bytes")
        }
        if let fault = settings.fault { throw ClientError(.badArgument, fault) }
    }
}
