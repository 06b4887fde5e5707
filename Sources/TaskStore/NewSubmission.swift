package import TaskGridCore

/// A submission to accept.
package struct NewSubmission: Hashable, Sendable {
    package var submission: Submission
    /// When it was accepted, by the store's clock; a task that is due later is scheduled, one that has expired by then ends at once.
    package var created: Timestamp
    /// How far the wall clock, by which people's absolute times go, is ahead of the store's.
    package var wallOffset: Duration
    /// Whether its tasks are handed out with this commit, except those that are scheduled: as attempt 1, past all that waits.
    package var handsOut: Bool

    /// `defaultMaxAttempts`: The number of attempts of a task that gives none.
    package init(
        submission: Submission, created: Timestamp, wallOffset: Duration = .zero, handsOut: Bool, defaultMaxAttempts: Int
    ) {
        self.submission = submission
        self.submission.tasks.takeOver(maxAttempts: defaultMaxAttempts)
        self.created = created
        self.wallOffset = wallOffset
        self.handsOut = handsOut
    }
}

extension [Submission.Task] {
    /// Neighbours that share their settings share them afterwards.
    fileprivate mutating func takeOver(maxAttempts: Int) {
        var before: TaskSettings?
        var after = TaskSettings()
        for index in indices where self[index].settings.maxAttempts == nil {
            if before?.isSame(as: self[index].settings) != true {
                before = self[index].settings
                after = self[index].settings
                after.maxAttempts = maxAttempts
            }
            self[index].settings = after
        }
    }
}

extension NewSubmission {
    /// The first state of one of its tasks.
    package enum Beginning: Hashable, Sendable {
        /// It has expired already.
        case expired
        /// It waits for its due time.
        case scheduled(Timestamp)
        case ready
    }

    package func beginning(of task: Submission.Task) -> Beginning {
        if let expires = expires(task), expires <= created { return .expired }
        let due = task.settings.delay.map { created + $0 } ?? task.settings.due.map { $0 - wallOffset }
        return due.map { $0 > created ? .scheduled($0) : .ready } ?? .ready
    }

    /// When one of its tasks expires, by the store's clock.
    package func expires(_ task: Submission.Task) -> Timestamp? {
        task.settings.expiry.map { created + $0 } ?? task.settings.expires.map { $0 - wallOffset }
    }
}
