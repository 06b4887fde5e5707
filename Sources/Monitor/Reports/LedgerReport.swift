import TaskGridCore
import WebSupport

/// Whether the ledger balances: each task that was submitted stands in one state.
package struct LedgerReport: Encodable, Sendable {
    static let schema = JSONSchema.object(["submitted": .integer, "accounted_for": .integer, "balances": .boolean]).named("Ledger")

    package var submitted: Int
    /// The sum over the states.
    package var accounted: Int
    package var balances: Bool

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
