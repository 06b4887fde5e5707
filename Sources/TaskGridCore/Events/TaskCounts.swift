/// The task counters of one type, or of all: how many tasks were submitted and how many are in each state.
///
/// They balance when `submitted` is the sum over the states.
public struct TaskCounts: Hashable, Sendable, Codable {
    public var submitted = 0
    public var pending = 0
    public var scheduled = 0
    public var queued = 0
    public var running = 0
    public var succeeded = 0
    public var failed = 0
    public var cancelled = 0
    public var expired = 0

    public init() {}

    /// - Throws: `DecodingError` for a number that is missing, negative or above 2⁵³.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        submitted = try container.count(forKey: .submitted)
        pending = try container.count(forKey: .pending)
        scheduled = try container.count(forKey: .scheduled)
        queued = try container.count(forKey: .queued)
        running = try container.count(forKey: .running)
        succeeded = try container.count(forKey: .succeeded)
        failed = try container.count(forKey: .failed)
        cancelled = try container.count(forKey: .cancelled)
        expired = try container.count(forKey: .expired)
    }

    enum CodingKeys: String, CodingKey {
        case submitted, pending, scheduled, queued, running, succeeded, failed, cancelled, expired
    }

    public subscript(state: TaskState) -> Int {
        get {
            switch state {
            case .pending: pending
            case .scheduled: scheduled
            case .queued: queued
            case .running: running
            case .succeeded: succeeded
            case .failed: failed
            case .cancelled: cancelled
            case .expired: expired
            }
        }
        set {
            switch state {
            case .pending: pending = newValue
            case .scheduled: scheduled = newValue
            case .queued: queued = newValue
            case .running: running = newValue
            case .succeeded: succeeded = newValue
            case .failed: failed = newValue
            case .cancelled: cancelled = newValue
            case .expired: expired = newValue
            }
        }
    }

    /// The sum over the states; at most 2⁵³, the most that a count can be.
    public var sum: Int { TaskState.allCases.reduce(0) { Self.sum($0, self[$1]) } }

    public var balances: Bool { submitted == sum }

    public static func + (lhs: TaskCounts, rhs: TaskCounts) -> TaskCounts {
        var total = lhs
        total.submitted = sum(total.submitted, rhs.submitted)
        for state in TaskState.allCases { total[state] = sum(total[state], rhs[state]) }
        return total
    }

    private static func sum(_ lhs: Int, _ rhs: Int) -> Int { min(lhs.saturatingAdding(rhs), Int.countRange.upperBound) }
}
