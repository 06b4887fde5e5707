/// The tables of a store, as far as the stores name them differently: what ``TableFault`` and ``StoreFigures`` are read from.
package struct StoreTables: Sendable {
    /// A SELECT of the counters of types: `id`, `name`, `submitted`, `succeeded`, `failed`, `cancelled`, `expired`, `kept`.
    let counters: String
    /// A SELECT of one row: `last_task`, `last_type`, `keys`, `pruned`, `pruned_to`, `epoch`.
    let slot: String

    package init(counters: String, slot: String) {
        self.counters = counters
        self.slot = slot
    }

    /// All statements of an inspection. Each gives rows of `name`, `type`, `state` and `value`.
    package var statements: [String] { StoreFigures.statements(self) + TableFault.allCases.map { $0.statement(self) } }
}
