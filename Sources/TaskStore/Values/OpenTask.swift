public import TaskGridCore

/// A task that has not ended, without its payload: what a dispatcher must know to go on with it.
public struct OpenTask: Hashable, Sendable {
    public var id: TaskID
    public var type: TaskType
    /// `maxAttempts` among them, always.
    public var settings: TaskSettings
    public var created: Timestamp
    /// The number of the latest hand-out, in a `HandOut` of this one; 0 before the first.
    public var attempt: Int
    public var failures: Int
    public var interruptions: Int
    /// Not begun at or after this time.
    public var expires: Timestamp?
    /// Whom to tell of its end.
    public var client: String?
    public var correlation: String?
    /// The form in which its submission came, and its answers go.
    public var form: MessageForm

    public init(
        id: TaskID, type: TaskType, settings: TaskSettings, created: Timestamp, attempt: Int, failures: Int = 0, interruptions: Int = 0,
        expires: Timestamp? = nil, client: String? = nil, correlation: String? = nil,
        form: MessageForm
    ) {
        self.id = id
        self.type = type
        self.settings = settings
        self.created = created
        self.attempt = attempt
        self.failures = failures
        self.interruptions = interruptions
        self.expires = expires
        self.client = client
        self.correlation = correlation
        self.form = form
    }
}
