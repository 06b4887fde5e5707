package import TaskGridCore

/// What one transaction is to write, in the order in which it is applied.
package struct StoreChanges: Hashable, Sendable {
    /// The term in which they were decided on; nil where it does not matter.
    package var term: Term?
    /// When they were decided on; kept, so that the store's clock goes on from there. Nil: the clock is left as it is.
    package var clock: StoreClockReading?
    /// Types to make known, whether or not they have tasks. Submissions make theirs known by themselves.
    package var types: [TaskType]
    package var submissions: [NewSubmission]
    package var endings: [NewEnding]
    package var reopenings: [Reopening]
    package var schedules: [Schedule]
    package var takes: [Take]
    /// The most bytes of payload that all takes get together. Once they are used up, a take gets nothing and is not exhausted; the
    /// task with which they are is given however large it is.
    package var takenBytes: Int
    /// Attempts that did not succeed; nothing is answered to them.
    package var attempts: [EndedAttempt]
    /// Of types that are known; nothing is answered to them.
    package var pauses: [Pausing]
    /// Types to forget; their counters are added to those of the types that were forgotten before.
    package var forgets: [TaskType]

    package init(
        term: Term? = nil, clock: StoreClockReading? = nil, types: [TaskType] = [], submissions: [NewSubmission] = [],
        endings: [NewEnding] = [], reopenings: [Reopening] = [], schedules: [Schedule] = [], takes: [Take] = [],
        takenBytes: Int = .max, attempts: [EndedAttempt] = [], pauses: [Pausing] = [], forgets: [TaskType] = []
    ) {
        self.term = term
        self.clock = clock
        self.types = types
        self.submissions = submissions
        self.endings = endings
        self.reopenings = reopenings
        self.schedules = schedules
        self.takes = takes
        self.takenBytes = takenBytes
        self.attempts = attempts
        self.pauses = pauses
        self.forgets = forgets
    }

    /// Nothing is to be written.
    package var isEmpty: Bool {
        types.isEmpty && submissions.isEmpty && endings.isEmpty && reopenings.isEmpty && schedules.isEmpty && takes.isEmpty
            && attempts.isEmpty && pauses.isEmpty && forgets.isEmpty
    }
}
