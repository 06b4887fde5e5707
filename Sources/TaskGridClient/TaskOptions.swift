import TaskGridCore

/// How tasks are to be treated, and how long their submission may take.
public struct TaskOptions: Hashable, Sendable {
    /// Tries in all, the first included; nil: the dispatcher's default.
    public var maxAttempts: Int?
    /// How long one attempt may run; nil: no limit of its own.
    public var timeout: Duration?
    /// 0 to 9; higher goes first.
    public var priority: Int
    /// How long after its acceptance the task is handed out at the earliest.
    public var delay: Duration?
    /// How long after its acceptance the task expires if it has not begun; zero: it ends as expired, and does not run. Both are counted
    /// from the call: a submission that is repeated says what is left of them.
    public var expiry: Duration?
    /// What makes a repeated submission the same one; nil: a new UUID for each message. Of many payloads, the messages
    /// after the first carry the key with `/1`, `/2` … at its end.
    public var key: String?
    /// How long the submission may take; it is repeated until then where its outcome is unknown.
    public var deadline: Duration

    public init(
        maxAttempts: Int? = nil, timeout: Duration? = nil, priority: Int = 0, delay: Duration? = nil, expiry: Duration? = nil,
        key: String? = nil, deadline: Duration = .seconds(30)
    ) {
        self.maxAttempts = maxAttempts
        self.timeout = timeout
        self.priority = priority
        self.delay = delay
        self.expiry = expiry
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
        guard (0...WireFormat.maximumPriority).contains(priority) else {
            throw ClientError(.badArgument, "the priority of a task is 0 to \(WireFormat.maximumPriority), not \(priority)")
        }
        if let maxAttempts, !(1...Int(Int32.max)).contains(maxAttempts) {
            throw ClientError(.badArgument, "a task has at least one attempt, not \(maxAttempts)")
        }
        if let timeout, !(Duration.milliseconds(1)...WireFormat.maximumTimeout).contains(timeout) {
            throw ClientError(.badArgument, "the timeout of a task is from a millisecond to 366 days")
        }
        for (name, time) in [("delay", delay), ("expiry", expiry)] {
            guard let time, !(Duration.zero...WireFormat.maximumDelay).contains(time) else { continue }
            throw ClientError(.badArgument, "the \(name) of a task is from nothing to 10000 days")
        }
    }
}
