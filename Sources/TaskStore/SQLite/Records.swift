import Foundation
import GRDB
import TaskGridCore

/// What people ask: tasks whole, one by one or listed.
struct Records {
    private let database: Database
    private let types: TypeTable
    private let isBrief: Bool

    /// - Parameter isBrief: whether payloads and results are left unread.
    init(_ database: Database, isBrief: Bool = false) {
        self.database = database
        self.isBrief = isBrief
        types = TypeTable(database)
    }

    func records(_ ids: some Sequence<Int64>) throws -> [TaskRecord] {
        let query = try BoundStatement(database, isBrief ? Self.brief : Self.whole)
        var records: [TaskRecord] = []
        for id in ids {
            try query.bind(id, at: 1)
            if try query.step() { records.append(try record(query)) }
            query.reset()
        }
        return records
    }

    private static let whole = select(payload: "task.payload", result: "ending.result")
    private static let brief = select(payload: "x''", result: "NULL")

    private static func select(payload: String, result: String) -> String {
        """
        SELECT task.id, task.type, task.priority, task.position, task.max_attempts, \(payload),
            submission.count, submission.key, submission.created,
            ending.state, ending.attempt, ending.completed, ending.worker, ending.error, \(result),
            open.attempt, open.due, open.error, task.id <= coalesce(cursor.id, 0), task.timeout, open.expires, ending.run
        FROM task CROSS JOIN submission ON submission.first = task.id - task.position
            LEFT JOIN ending ON ending.id = task.id
            LEFT JOIN open ON open.id = task.id
            LEFT JOIN cursor ON cursor.type = task.type AND cursor.priority = task.priority
        WHERE task.id = ?
        """
    }

    private func record(_ row: borrowing BoundStatement) throws -> TaskRecord {
        let key = row.text(7) ?? ""
        var record = TaskRecord(
            id: TaskID(row.int64(0)), type: try types.type(row.int64(1)), payload: row.data(5), status: .pending,
            created: Timestamp(rawValue: row.int64(8)), maxAttempts: row.int(4), priority: row.int(2),
            key: row.int(6) > 1 ? "\(key)/\(row.int(3))" : key,
            timeout: row.optionalInt64(19).map(Duration.milliseconds), expires: row.optionalInt64(20).map(Timestamp.init)
        )
        if !row.isNull(9) {
            guard let state = UInt8(exactly: row.int64(9)).flatMap(TaskState.init), state.isTerminal else {
                throw StoreError(.corrupt, "task \(record.id) has ended in a state that is none: \(row.int64(9))")
            }
            record.status = state
            record.attempt = row.int(10)
            // Of a task that no attempt ended, there is none.
            record.runTime = row.int64(21) > 0 ? .microseconds(row.int64(21)) : nil
            record.completed = Timestamp(rawValue: row.int64(11))
            record.worker = row.text(12).flatMap { $0.isEmpty ? nil : $0 }
            record.error = row.text(13).map(TaskError.init(description:))
            record.result = row.isNull(14) ? nil : row.data(14)
        } else if let attempt = row.optionalInt64(15) {
            record.attempt = Int(attempt)
            record.due = row.optionalInt64(16).map(Timestamp.init)
            record.status = record.due == nil ? .queued : .scheduled
            record.error = row.text(17).map(TaskError.init(description:))
        } else if row.int(18) != 0 {
            record.status = .queued
            record.attempt = 1
        }
        return record
    }

    func records(_ search: Search) throws -> TaskPage<TaskRecord> {
        let page = try search.run()
        return TaskPage(elements: try records(page.elements.lazy.map(\.rawValue)), next: page.next)
    }
}
