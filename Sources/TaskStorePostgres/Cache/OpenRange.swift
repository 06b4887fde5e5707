/// Neighbouring ids of one type and priority, of which some are open: a row of `open_range`, in memory in 24 bytes.
struct OpenRange: Equatable {
    /// How many ids one range has at most: a range of which something has ended is looked through task by task.
    static let maximumLength: Int32 = 4096

    let first: Int64
    var length: Int32
    /// How many of its tasks are open and not deferred; 0: the range is gone.
    var rest: Int32
    /// The index of its cursor.
    let cursor: Int32
    /// Some of its tasks may have a row in `open`, though they are not deferred: they expire.
    var hasRows: Bool

    var last: Int64 { first + Int64(length) - 1 }
    /// Nothing in it has ended or was deferred.
    var isWhole: Bool { rest == length }
}
