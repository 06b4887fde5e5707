import Foundation
import GRDB
import TaskGridCore
import TaskStore

/// Reads the large tables page by page, each in the order of its key.
struct StorePages {
    let database: Database
    /// The key of the last row that was read; nil: none was.
    let after: [Int64]?

    private func key(_ index: Int) -> Int64 { after?[index] ?? .min }

    func page(of table: StorePage.Table, maximumLength: Int64) throws -> StorePage {
        switch table {
        case .submissions: try submissions()
        case .tasks: try tasks()
        case .endings: try endings()
        case .attempts: try attempts()
        case .ranges: try ranges(maximumLength)
        case .openings: try openings()
        }
    }

    /// Reads rows until a page is full.
    private func rows<Row>(
        _ query: borrowing BoundStatement, _ row: (borrowing BoundStatement) throws -> (Row, bytes: Int), key: (Row) -> [Int64]
    ) throws -> ([Row], next: [Int64]?) {
        var (rows, bytes) = ([Row](), 0)
        while rows.count < StorePage.maximumRows, bytes < StorePage.maximumBytes {
            guard try query.step() else { return (rows, nil) }
            let (read, size) = try row(query)
            rows.append(read)
            bytes += size
        }
        return (rows, rows.last.map(key))
    }

    private func submissions() throws -> StorePage {
        let query = try BoundStatement(
            database, "SELECT \(SubmissionColumn.selected) FROM submission WHERE first > :after ORDER BY first")
        try query.bind(key(0), to: ":after")
        typealias Column = SubmissionColumn
        let (rows, next) = try rows(query) { row in
            let submission = StorePage.SubmissionRow(
                first: row.int64(Column.first), count: row.int64(Column.count), form: row.int64(Column.form),
                created: row.int64(Column.created), user: row.text(Column.user) ?? "", key: row.text(Column.key) ?? "",
                client: row.text(Column.client), correlation: row.text(Column.correlation), type: row.text(Column.type),
                fingerprint: row.isNull(Column.fingerprint) ? nil : row.data(Column.fingerprint))
            return (submission, 0)
        } key: {
            [$0.first]
        }
        return StorePage(.submissions(rows), next: next)
    }

    private func tasks() throws -> StorePage {
        let query = try BoundStatement(database, "SELECT \(TaskColumn.selected) FROM task WHERE id > :after ORDER BY id")
        try query.bind(key(0), to: ":after")
        typealias Column = TaskColumn
        let (rows, next) = try rows(query) { row in
            let task = StorePage.TaskRow(
                id: row.int64(Column.id), type: row.int64(Column.type), position: row.int64(Column.position),
                priority: row.int64(Column.priority), maxAttempts: row.int64(Column.maxAttempts),
                timeout: row.optionalInt64(Column.timeout), backoff: row.text(Column.backoff), payload: row.data(Column.payload))
            return (task, task.payload.count)
        } key: {
            [$0.id]
        }
        return StorePage(.tasks(rows), next: next)
    }

    private func endings() throws -> StorePage {
        let query = try BoundStatement(database, "SELECT \(EndingColumn.selected) FROM ending WHERE id > :after ORDER BY id")
        try query.bind(key(0), to: ":after")
        typealias Column = EndingColumn
        let (rows, next) = try rows(query) { row in
            let ending = StorePage.EndingRow(
                id: row.int64(Column.id), type: row.int64(Column.type), state: row.int64(Column.state),
                attempt: row.int64(Column.attempt), run: row.int64(Column.run), completed: row.int64(Column.completed),
                worker: row.text(Column.worker) ?? "", error: row.text(Column.error),
                result: row.isNull(Column.result) ? nil : row.data(Column.result))
            return (ending, (ending.result?.count ?? 0) + (ending.error?.utf8.count ?? 0))
        } key: {
            [$0.id]
        }
        return StorePage(.endings(rows), next: next)
    }

    private func attempts() throws -> StorePage {
        let query = try BoundStatement(
            database,
            "SELECT \(AttemptColumn.selected) FROM attempt WHERE (task, number) > (:task, :number) ORDER BY task, number")
        try query.bind(key(0), to: ":task")
        try query.bind(key(1), to: ":number")
        typealias Column = AttemptColumn
        let (rows, next) = try rows(query) { row in
            let attempt = StorePage.AttemptRow(
                task: row.int64(Column.task), number: row.int64(Column.number), ended: row.int64(Column.ended),
                outcome: row.text(Column.outcome) ?? "", run: row.optionalInt64(Column.run), worker: row.text(Column.worker),
                error: row.text(Column.error))
            return (attempt, attempt.error?.utf8.count ?? 0)
        } key: {
            [$0.task, $0.number]
        }
        return StorePage(.attempts(rows), next: next)
    }

    private func openings() throws -> StorePage {
        let query = try BoundStatement(database, "SELECT \(OpeningColumn.selected) FROM open WHERE id > :after ORDER BY id")
        try query.bind(key(0), to: ":after")
        typealias Column = OpeningColumn
        let (rows, next) = try rows(query) { row in
            let opening = StorePage.OpeningRow(
                id: row.int64(Column.id), type: row.int64(Column.type), priority: row.int64(Column.priority),
                failures: row.int64(Column.failures), interruptions: row.int64(Column.interruptions),
                attempt: row.optionalInt64(Column.attempt), due: row.optionalInt64(Column.due),
                expires: row.optionalInt64(Column.expires), dueAt: row.optionalInt64(Column.dueAt),
                expiresAt: row.optionalInt64(Column.expiresAt), error: row.text(Column.error))
            return (opening, opening.error?.utf8.count ?? 0)
        } key: {
            [$0.id]
        }
        return StorePage(.openings(rows), next: next)
    }

    private enum OpeningColumn: Int32, StatementColumn {
        case id, type, priority, failures, interruptions, attempt, due, expires, dueAt, expiresAt, error
    }

    // MARK: Ranges

    private func ranges(_ maximumLength: Int64) throws -> StorePage {
        let query = try BoundStatement(
            database,
            """
            SELECT \(OpenRangeColumn.selected) FROM open_range WHERE (type, priority, first) > (:type, :priority, :first)
            ORDER BY type, priority, first
            """)
        try query.bind(key(0), to: ":type")
        try query.bind(key(1), to: ":priority")
        try query.bind(key(2), to: ":first")
        typealias Column = OpenRangeColumn
        let (rows, next) = try rows(query) { row in
            let range = StorePage.RangeRow(
                type: row.int64(Column.type), priority: row.int64(Column.priority), first: row.int64(Column.first),
                last: row.int64(Column.last), rest: row.int64(Column.rest))
            return (range, 0)
        } key: {
            [$0.type, $0.priority, $0.first]
        }
        return StorePage(.ranges(try rows.flatMap { try divided($0, maximumLength) }), next: next)
    }

    /// A range in pieces that are not too long, without those of which nothing is open.
    private func divided(_ range: StorePage.RangeRow, _ length: Int64) throws -> [StorePage.RangeRow] {
        guard range.last - range.first >= length else { return [range] }
        let isWhole = range.rest == range.last - range.first + 1
        let rests = isWhole ? [:] : try rests(range, length)
        var pieces: [StorePage.RangeRow] = []
        for (index, first) in stride(from: range.first, through: range.last, by: Int(length)).enumerated() {
            let last = min(first + length - 1, range.last)
            let rest = isWhole ? last - first + 1 : rests[Int64(index)] ?? 0
            if rest > 0 {
                pieces.append(StorePage.RangeRow(type: range.type, priority: range.priority, first: first, last: last, rest: rest))
            }
        }
        return pieces
    }

    /// How many tasks of each piece are open and not deferred.
    private func rests(_ range: StorePage.RangeRow, _ length: Int64) throws -> [Int64: Int64] {
        let query = try BoundStatement(
            database,
            """
            SELECT (task.id - :first) / :length AS piece, count(*) AS rest FROM task LEFT JOIN open ON open.id = task.id
            WHERE task.id >= :first AND task.id <= :last AND open.attempt IS NULL
                AND NOT EXISTS (SELECT 1 FROM ending WHERE ending.id = task.id)
            GROUP BY piece
            """)
        try query.bind(range.first, to: ":first")
        try query.bind(range.last, to: ":last")
        try query.bind(length, to: ":length")
        var rests: [Int64: Int64] = [:]
        while try query.step() { rests[try query.int64("piece")] = try query.int64("rest") }
        return rests
    }
}
