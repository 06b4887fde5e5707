/// What a commit answers: one element for each element of the changes, in their order.
public struct StoreReceipt: Hashable, Sendable {
    public var submissions: [Accepted]
    /// False where the task had ended before or is not known: then nothing was changed.
    public var endings: [Bool]
    public var reopenings: [Reopened]
    /// What each take got.
    public var handOuts: [[HandOut]]
    /// For each take, whether it left no task of its type behind that could be handed out now.
    public var exhausted: [Bool]
    /// Whether each type was forgotten: not one that is not known, is paused, or has tasks, open or ended, or keys.
    public var forgotten: [Bool]

    public init(
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
