package import TaskGridCore

/// The changes that one transaction is to write, in the order in which it is applied. A change that the store answers is added by a
/// method that gives its ticket.
package struct StoreChanges: Hashable, Sendable {
    /// The term in which they were decided on; nil where it does not matter.
    package var term: Term?
    /// When they were decided on; kept, so that the store's clock goes on from there. Nil: the clock is left as it is.
    package var clock: StoreClockReading?
    /// Types to make known, whether or not they have tasks. Submissions make theirs known by themselves.
    package var types: [TaskType]
    package private(set) var submissions: [NewSubmission]
    package private(set) var endings: [NewEnding]
    package private(set) var reopenings: [Reopening]
    package var schedules: [Schedule]
    /// Attempts that did not succeed.
    package var attempts: [EndedAttempt]
    /// Of types that are known.
    package var pauses: [Pausing]
    /// Bulk actions as they stand now, new ones too.
    package var bulkActions: [BulkAction]
    package private(set) var takes: [Take]
    /// The most bytes of payload that all takes get together. Once they are used up, a take gets nothing and is not exhausted; the
    /// task with which they are is given however large it is.
    package var takenBytes: Int
    package private(set) var forgettings: [Forgetting]

    package init(
        term: Term? = nil, clock: StoreClockReading? = nil, types: [TaskType] = [], submissions: [NewSubmission] = [],
        endings: [NewEnding] = [], reopenings: [Reopening] = [], schedules: [Schedule] = [], attempts: [EndedAttempt] = [],
        pauses: [Pausing] = [], bulkActions: [BulkAction] = [], takes: [Take] = [], takenBytes: Int = .max, forgettings: [Forgetting] = []
    ) {
        self.term = term
        self.clock = clock
        self.types = types
        self.submissions = submissions
        self.endings = endings
        self.reopenings = reopenings
        self.schedules = schedules
        self.attempts = attempts
        self.pauses = pauses
        self.bulkActions = bulkActions
        self.takes = takes
        self.takenBytes = takenBytes
        self.forgettings = forgettings
    }

    /// Nothing is to be written.
    package var isEmpty: Bool {
        types.isEmpty && submissions.isEmpty && endings.isEmpty && reopenings.isEmpty && schedules.isEmpty && takes.isEmpty
            && attempts.isEmpty && pauses.isEmpty && bulkActions.isEmpty && forgettings.isEmpty
    }
}

extension StoreChanges {
    package mutating func accept(_ submission: NewSubmission) -> Ticket<NewSubmission> {
        defer { submissions.append(submission) }
        return Ticket(index: submissions.count)
    }

    package mutating func end(_ ending: consuming NewEnding) -> Ticket<NewEnding> {
        let ticket = Ticket<NewEnding>(index: endings.count)
        endings.append(ending)
        return ticket
    }

    package mutating func reopen(_ reopening: Reopening) -> Ticket<Reopening> {
        defer { reopenings.append(reopening) }
        return Ticket(index: reopenings.count)
    }

    package mutating func take(_ take: Take) -> Ticket<Take> {
        defer { takes.append(take) }
        return Ticket(index: takes.count)
    }

    package mutating func forget(_ type: TaskType) -> Ticket<Forgetting> {
        defer { forgettings.append(Forgetting(type: type)) }
        return Ticket(index: forgettings.count)
    }

    /// Accepts and takes nothing after all: tickets of submissions and of takes hold no more.
    package mutating func removeSubmissionsAndTakes() {
        submissions = []
        takes = []
    }

    package subscript(ticket: Ticket<NewSubmission>) -> NewSubmission { submissions[ticket.index] }
    package subscript(ticket: Ticket<NewEnding>) -> NewEnding { endings[ticket.index] }
    package subscript(ticket: Ticket<Reopening>) -> Reopening { reopenings[ticket.index] }
    package subscript(ticket: Ticket<Take>) -> Take { takes[ticket.index] }
    package subscript(ticket: Ticket<Forgetting>) -> Forgetting { forgettings[ticket.index] }
}
