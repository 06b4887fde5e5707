import TaskGridCore
import WebSupport

/// Whether the books balance: each task that was submitted stands in one state.
struct LedgerReport: Encodable {
    static let schema = JSONSchema.object(["submitted": .integer, "accounted_for": .integer, "balances": .boolean]).named("Ledger")

    var submitted: Int
    /// The sum over the states.
    var accounted: Int
    var balances: Bool

    init(_ counts: TaskCounts) {
        submitted = counts.submitted
        accounted = counts.sum
        balances = counts.balances
    }

    enum CodingKeys: String, CodingKey {
        case submitted, balances
        case accounted = "accounted_for"
    }
}
