public import TaskGridCore

/// A submission to accept.
public struct NewSubmission: Hashable, Sendable {
    public var submission: Submission
    /// When it was accepted; a task whose `due` is later is scheduled.
    public var created: Timestamp
    /// Whether its tasks are handed out with this commit, except those that are scheduled: as attempt 1, past all that waits.
    public var handsOut: Bool
    /// Tries in all of a task that does not say.
    public var defaultMaxAttempts: Int

    public init(submission: Submission, created: Timestamp, handsOut: Bool, defaultMaxAttempts: Int) {
        self.submission = submission
        self.created = created
        self.handsOut = handsOut
        self.defaultMaxAttempts = defaultMaxAttempts
    }
}
