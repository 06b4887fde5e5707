import TaskGridCore

/// How many tasks of a type were submitted and came to each end, and what became of their attempts, as numbers that never fall: a retry
/// takes a task out of the dispatcher's `failed`, and here it stays counted.
struct Counters: Hashable, Sendable {
    var submitted = 0
    var succeeded = 0
    var failed = 0
    var cancelled = 0
    var expired = 0
    /// Attempts that were tried again.
    var retried = 0
    /// Results that were refused.
    var refused = 0

    init() {}

    init(_ states: TaskCounts) {
        submitted = states.submitted
        succeeded = states.succeeded
        failed = states.failed
        cancelled = states.cancelled
        expired = states.expired
    }

    /// Tasks that a worker brought to their end.
    var ended: Int { succeeded.saturatingAdding(failed) }

    private static let fields: [any WritableKeyPath<Counters, Int> & Sendable] = [
        \.submitted, \.succeeded, \.failed, \.cancelled, \.expired, \.retried, \.refused,
    ]

    static func + (lhs: Counters, rhs: Counters) -> Counters { combined(lhs, rhs) { $0.saturatingAdding($1) } }

    /// The part of `lhs` above `rhs`; nothing if it lies below.
    static func - (lhs: Counters, rhs: Counters) -> Counters { combined(lhs, rhs) { max(0, $0 - $1) } }

    private static func combined(_ lhs: Counters, _ rhs: Counters, _ combine: (Int, Int) -> Int) -> Counters {
        var result = Counters()
        for field in fields { result[keyPath: field] = combine(lhs[keyPath: field], rhs[keyPath: field]) }
        return result
    }
}
