/// What a commit answers: one element for each element of the changes, in their order.
package struct StoreReceipt: Hashable, Sendable {
    package var submissions: [Accepted]
    /// False where the task had ended before or is not known: then nothing was changed.
    package var endings: [Bool]
    package var reopenings: [Reopened]
    /// What each take got.
    package var handOuts: [[HandOut]]
    /// For each take, whether it left no task of its type behind that could be handed out now.
    package var exhausted: [Bool]
    /// Whether each type was forgotten: not one that is not known, is paused, or has tasks, open or ended, or keys.
    package var forgotten: [Bool]

    package init(
        submissions: [Accepted] = [], endings: [Bool] = [], reopenings: [Reopened] = [], handOuts: [[HandOut]] = [],
        exhausted: [Bool] = [], forgotten: [Bool] = []
    ) {
        self.submissions = submissions
        self.endings = endings
        self.reopenings = reopenings
        self.handOuts = handOuts
        self.exhausted = exhausted
        self.forgotten = forgotten
    }
}
