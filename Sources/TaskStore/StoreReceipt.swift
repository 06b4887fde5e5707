/// The answer to a commit. A ticket of the changes finds the answer to its change.
package struct StoreReceipt: Hashable, Sendable {
    // Of each kind in the order of the changes.
    package let submissions: [Accepted]
    package let endings: [Bool]
    package let reopenings: [Reopened]
    package let takes: [Taken]
    package let forgettings: [Bool]

    /// Each list has one answer for each change of its kind, in the order of the changes.
    package init(
        submissions: [Accepted] = [], endings: [Bool] = [], reopenings: [Reopened] = [], takes: [Taken] = [], forgettings: [Bool] = []
    ) {
        self.submissions = submissions
        self.endings = endings
        self.reopenings = reopenings
        self.takes = takes
        self.forgettings = forgettings
    }

    /// The ids of the submission's tasks.
    package subscript(ticket: Ticket<NewSubmission>) -> Accepted { submissions[ticket.index] }

    /// False where the task had ended before or is not known: then nothing was changed.
    package subscript(ticket: Ticket<NewEnding>) -> Bool { endings[ticket.index] }

    package subscript(ticket: Ticket<Reopening>) -> Reopened { reopenings[ticket.index] }

    package subscript(ticket: Ticket<Take>) -> Taken { takes[ticket.index] }

    /// Whether the type was forgotten: not one that is not known, is paused, or has tasks, open or ended, or keys.
    package subscript(ticket: Ticket<Forgetting>) -> Bool { forgettings[ticket.index] }
}
