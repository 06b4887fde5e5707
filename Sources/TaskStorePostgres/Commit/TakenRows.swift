import Foundation
import Postgres
import TaskGridCore
import TaskStore

/// The rows of the tasks that are taken.
struct TakenRows {
    private let takes: PostgresColumn<Int32>
    private let fitting: PostgresColumn<Int64>
    private let payloads: PostgresColumn<Data>
    private let tasks: OpenTaskRows
    let count: Int

    init(_ rows: PostgresRows) throws {
        takes = try rows.column("take")
        fitting = try rows.column("fitting")
        payloads = try rows.column("payload")
        tasks = try OpenTaskRows(rows)
        count = rows.count
    }

    /// The number of the take among those that were asked for together.
    func take(_ row: Int) throws -> Int { Int(try takes[row]) }

    /// Whether all rows of a take that fit in its bytes are there, the first of which is `row`.
    func isWhole(_ take: Int, from row: Int) throws -> Bool {
        guard row < count, try self.take(row) == take else { return false }
        let last = row + Int(try fitting[row]) - 1
        return try last < count && self.take(last) == take
    }

    func id(_ row: Int) throws -> Int64 { try tasks.id[row] }

    func payload(_ row: Int) throws -> Data { try payloads[row] }

    func task(_ row: Int, attempt: Int32, _ state: borrowing OpenState, before: OpenTask?) throws -> OpenTask {
        var task = try tasks.task(row, type: state.types.type(tasks.type[row]), cursorAttempt: 0, before: before)
        task.attempt = Int(attempt)
        return task
    }
}
