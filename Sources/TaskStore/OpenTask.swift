package import TaskGridCore

/// A task that has not ended, without its payload: what a dispatcher must know to go on with it.
package struct OpenTask: Hashable, Sendable {
    package var id: TaskID
    package var type: TaskType
    /// `maxAttempts` among them, always.
    package var settings: TaskSettings
    package var created: Timestamp
    /// The number of the latest hand-out, in a `HandOut` of this one; 0 before the first.
    package var attempt: Int
    package var failures: Int
    package var interruptions: Int
    /// Not begun at or after this time.
    package var expires: Timestamp?
    /// Whom to tell of its end.
    package var client: String?
    package var correlation: String?
    /// The form in which its submission came, and its answers go.
    package var form: MessageForm

    package init(
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
