import GRDB
import TaskGridCore
import TaskStore

/// The one row of the `store` table, as a transaction finds it.
struct StoreRow {
    let term: Term
    /// The highest id ever given.
    let lastTask: Int64
    /// The highest id of a task that is gone.
    let prunedTo: Int64
    /// The clock as it was saved last, and what the wall clock showed with it.
    let clock: StoreClockReading

    init(_ database: Database) throws {
        let row = try BoundStatement(database, "SELECT term, last_task, pruned_to, clock, wall FROM store")
        guard try row.step() else { throw StoreError(.corrupt, "the store table is empty") }
        term = Term(row.int64(0))
        lastTask = row.int64(1)
        prunedTo = row.int64(2)
        clock = StoreClockReading(clock: Timestamp(rawValue: row.int64(3)), wall: Timestamp(rawValue: row.int64(4)))
    }
}
