import Foundation
import Postgres
import TaskStore

extension StorePage {
    /// The statement that inserts the rows.
    ///
    /// - Throws: `StoreError`, `corrupt` for a number that no column of this store holds.
    var insertion: PostgresStatement {
        get throws {
            switch rows {
            case .submissions(let rows): try Self.insertion(rows)
            case .tasks(let rows): try Self.insertion(rows)
            case .endings(let rows): try Self.insertion(rows)
            case .attempts(let rows):
                MoveSQL.insertAttempts(
                    rows.map(\.task), rows.map(\.ended), rows.map(\.run), try rows.map { try $0.number.exact(Int32.self) },
                    rows.map { StoredText.stored($0.outcome) }, rows.map { $0.worker.map(StoredText.stored) },
                    rows.map { $0.error.map(StoredText.stored) })
            case .ranges(let rows):
                MoveSQL.insertRanges(
                    try rows.map { try $0.type.exact(Int32.self) }, try rows.map { try $0.priority.exact(Int16.self) }, rows.map(\.first),
                    rows.map(\.last), try rows.map { try $0.rest.exact(Int32.self) })
            case .openings(let rows): try Self.insertion(rows)
            }
        }
    }

    private static func insertion(_ rows: [SubmissionRow]) throws -> PostgresStatement {
        MoveSQL.insertSubmissions(
            rows.map(\.first), rows.map(\.created), try rows.map { try $0.count.exact(Int32.self) },
            try rows.map { try $0.form.exact(Int16.self) }, rows.map { StoredText.stored($0.user) },
            rows.map { StoredText.stored($0.key) }, rows.map { $0.client.map(StoredText.stored) },
            rows.map { $0.correlation.map(StoredText.stored) }, rows.map { $0.type ?? "" }, rows.map { $0.fingerprint ?? Data() })
    }

    private static func insertion(_ rows: [TaskRow]) throws -> PostgresStatement {
        var parameters = PostgresParameters()
        parameters.reserve(rows.count * 80 + rows.reduce(0) { $0 + $1.payload.count })
        parameters.append(array: rows.map(\.id))
        parameters.append(array: rows.map(\.timeout))
        parameters.append(array: try rows.map { try $0.type.exact(Int32.self) })
        parameters.append(array: try rows.map { try $0.position.exact(Int32.self) })
        parameters.append(array: try rows.map { try $0.maxAttempts.exact(Int32.self) })
        parameters.append(array: try rows.map { try $0.priority.exact(Int16.self) })
        parameters.append(array: rows.map(\.backoff))
        parameters.append(arrayOf: Data.self) { array in for row in rows { array.append(row.payload) } }
        return PostgresStatement(CommitSQL.insertTasks, parameters)
    }

    private static func insertion(_ rows: [EndingRow]) throws -> PostgresStatement {
        var parameters = PostgresParameters()
        parameters.reserve(rows.count * 100 + rows.reduce(0) { $0 + ($1.result?.count ?? 0) })
        parameters.append(array: rows.map(\.id))
        parameters.append(array: rows.map(\.completed))
        parameters.append(array: rows.map(\.run))
        parameters.append(array: try rows.map { try $0.type.exact(Int32.self) })
        parameters.append(array: try rows.map { try $0.attempt.exact(Int32.self) })
        parameters.append(array: try rows.map { try $0.state.exact(Int16.self) })
        parameters.append(array: rows.map { StoredText.stored($0.worker) })
        parameters.append(array: rows.map { $0.error.map(StoredText.stored) })
        parameters.append(arrayOf: Data.self) { array in for row in rows { array.append(row.result) } }
        return PostgresStatement(MoveSQL.insertEndings, parameters)
    }

    private static func insertion(_ rows: [OpeningRow]) throws -> PostgresStatement {
        MoveSQL.insertOpenings(
            rows.map(\.id), rows.map(\.due), rows.map(\.expires), rows.map(\.dueAt), rows.map(\.expiresAt),
            try rows.map { try $0.type.exact(Int32.self) }, try rows.map { try $0.attempt?.exact(Int32.self) },
            try rows.map { try $0.failures.exact(Int32.self) }, try rows.map { try $0.interruptions.exact(Int32.self) },
            try rows.map { try $0.priority.exact(Int16.self) }, rows.map { $0.error.map(StoredText.stored) })
    }
}

extension Int64 {
    /// The number as a narrower column has it.
    func exact<Narrow: FixedWidthInteger>(_ type: Narrow.Type) throws -> Narrow {
        guard let narrow = Narrow(exactly: self) else {
            throw StoreError(.corrupt, "a row of the store that is copied has the number \(self), which is beyond all that it can be")
        }
        return narrow
    }
}
