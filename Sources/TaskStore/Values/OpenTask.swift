public import TaskGridCore

/// A task that has not ended, without its payload: what a dispatcher must know to go on with it.
public struct OpenTask: Hashable, Sendable {
    public var id: TaskID
    public var type: TaskType
    public var priority: Int
    public var created: Timestamp
    /// The number of the latest hand-out, in a `HandOut` of this one; 0 before the first.
    public var attempt: Int
    public var failures: Int
    public var interruptions: Int
    public var maxAttempts: Int
    public var timeout: Duration?
    public var expires: Timestamp?
    /// Whom to tell of its end.
    public var client: String?
    public var correlation: String?
    /// The form in which its submission came, and its answers go.
    public var form: MessageForm

    public init(
        id: TaskID, type: TaskType, priority: Int = 0, created: Timestamp, attempt: Int, failures: Int = 0, interruptions: Int = 0,
        maxAttempts: Int, timeout: Duration? = nil, expires: Timestamp? = nil, client: String? = nil, correlation: String? = nil,
        form: MessageForm
    ) {
        self.id = id
        self.type = type
        self.priority = priority
        self.created = created
        self.attempt = attempt
        self.failures = failures
        self.interruptions = interruptions
        self.maxAttempts = maxAttempts
        self.timeout = timeout
        self.expires = expires
        self.client = client
        self.correlation = correlation
        self.form = form
    }
}
