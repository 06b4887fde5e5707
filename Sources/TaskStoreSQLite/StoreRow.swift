import GRDB
import TaskGridCore
import TaskStore

/// The one row of the `store` table, as a transaction finds it.
struct StoreRow {
    private enum Column: Int32, StatementColumn {
        case term, lastTask, prunedTo, clock, wall
    }

    private static let select = "SELECT \(Column.selected) FROM store"

    let term: Term
    /// The highest id ever given.
    let lastTask: Int64
    /// The highest id of a task that is gone.
    let prunedTo: Int64
    /// The clock as it was saved last, and what the wall clock showed with it.
    let clock: StoreClockReading

    init(_ database: Database) throws {
        let row = try BoundStatement(database, Self.select)
        guard try row.step() else { throw StoreError(.corrupt, "the store table is empty") }
        term = Term(row.int64(Column.term))
        lastTask = row.int64(Column.lastTask)
        prunedTo = row.int64(Column.prunedTo)
        clock = StoreClockReading(clock: Timestamp(rawValue: row.int64(Column.clock)), wall: Timestamp(rawValue: row.int64(Column.wall)))
    }
}
