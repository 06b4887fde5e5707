/// What the row of `slot` says, as the latest commit has left it.
struct SlotState: Equatable {
    /// The one slot that there is.
    static let number: Int32 = 0

    var term: Int64 = 0
    /// Raised by each transaction that changes the slot's rows: another process has written where the row has another number.
    var turn: Int64 = 0
    /// The highest id ever given.
    var lastTask: Int64 = 0
    /// Rows of `submission`.
    var keys: Int64 = 0
    /// The highest id of a task that is gone.
    var prunedTo: Int64 = 0
    /// Keys that hold for every user, because nobody knows whose they were: they came from an SQLite store of an earlier version.
    var keysOfAll: Int64 = 0
}
