import Foundation
import GRDB
import TaskGridCore
import TaskStore

/// Queries about tasks, one by one or listed, with as much of their payloads and results as is asked for.
struct Records {
    private let database: Database
    private let types: TypeTable
    private let content: ContentLimit

    init(_ database: Database, _ content: ContentLimit) {
        self.database = database
        self.content = content
        types = TypeTable(database)
    }

    /// The page's `next` is the first of the ids that was not looked at, because those before it fill the page.
    func records(_ ids: [Int64]) throws -> TaskPage<TaskRecord> {
        let query = try BoundStatement(database, Self.select)
        try query.bind(content.payload, to: ":payload")
        try query.bind(content.result, to: ":result")
        var page = TaskPage<TaskRecord>(elements: [])
        var size = 0
        for id in ids {
            if let limit = content.page, size >= limit {
                page.next = TaskID(id)
                break
            }
            try query.bind(id, to: ":id")
            if try query.step() {
                let record = try record(query)
                size += record.payload.count + (record.result?.count ?? 0)
                page.elements.append(record)
            }
            query.reset()
        }
        return page
    }

    private enum Column: Int32, SettingsColumn, StateColumn {
        case id, type, position, priority, maxAttempts, timeout, backoff
        case count, key, user, created
        case state, endedAttempt, completed, worker, endedError, run
        case attempt, due, openError, expires, isPassed
        case payloadSize, resultSize, payload, result

        var sql: String {
            switch self {
            case .id, .type, .position, .priority, .maxAttempts, .timeout, .backoff: "task.\(name)"
            case .count, .key, .user, .created: "submission.\(name)"
            case .state, .completed, .worker, .run: "ending.\(name)"
            case .endedAttempt: "ending.attempt"
            case .endedError: "ending.error"
            case .attempt, .due, .expires: "open.\(name)"
            case .openError: "open.error"
            case .isPassed: "task.id <= coalesce(cursor.id, 0)"
            case .payloadSize: "length(task.payload)"
            case .resultSize: "length(ending.result)"
            case .payload: "iif(:payload > 0, substr(task.payload, 1, :payload), x'')"
            case .result:
                """
                iif(:result > 0 AND length(ending.result) > 0, substr(ending.result, 1, :result), iif(ending.result IS NULL, NULL, x''))
                """
            }
        }
    }

    /// Content that is not asked for is not read: its length stands in the row's header.
    private static let select = """
        SELECT \(Column.selected) FROM task CROSS JOIN submission ON submission.first = task.id - task.position
            \(TaskState.joins)
        WHERE task.id = :id
        """

    /// A part of a payload or a result.
    static func content(
        _ part: ContentQuery.Part, of id: TaskID, from: Int, limit: Int, _ database: Database
    ) throws -> ContentQuery.Answer? {
        let sql =
            switch part {
            case .payload: "SELECT substr(payload, :from + 1, :limit) AS bytes, length(payload) AS size FROM task WHERE id = :id"
            case .result:
                """
                SELECT substr(result, :from + 1, :limit) AS bytes, length(result) AS size FROM ending
                WHERE id = :id AND result IS NOT NULL
                """
            }
        let query = try BoundStatement(database, sql)
        // More bytes than these no row has.
        let most = 1 << 30
        try query.bind(id.rawValue, to: ":id")
        try query.bind(min(max(0, from), most), to: ":from")
        try query.bind(min(max(0, limit), most), to: ":limit")
        return try query.step() ? ContentQuery.Answer(bytes: query.data("bytes"), size: query.int("size")) : nil
    }

    private func record(_ row: borrowing BoundStatement) throws -> TaskRecord {
        let key = row.text(Column.key) ?? ""
        var record = TaskRecord(
            id: TaskID(row.int64(Column.id)), type: try types.type(row.int64(Column.type)), payload: row.data(Column.payload),
            status: .pending, created: Timestamp(rawValue: row.int64(Column.created)),
            settings: try TaskSettings(row: row, as: Column.self),
            key: row.int(Column.count) > 1 ? "\(key)/\(row.int(Column.position))" : key,
            user: row.text(Column.user).flatMap { $0.isEmpty ? nil : $0 },
            expires: row.optionalInt64(Column.expires).map(Timestamp.init)
        )
        if row.int(Column.payloadSize) > record.payload.count { record.payloadSize = row.int(Column.payloadSize) }
        (record.status, record.attempt) = try TaskState.stored(row: row, as: Column.self)
        if record.status.isTerminal {
            // Of a task that no attempt ended, there is none.
            record.runTime = row.int64(Column.run) > 0 ? .microseconds(row.int64(Column.run)) : nil
            record.completed = Timestamp(rawValue: row.int64(Column.completed))
            record.worker = row.text(Column.worker).flatMap { $0.isEmpty ? nil : $0 }
            record.error = row.text(Column.endedError).map(TaskError.init(description:))
            record.result = row.isNull(Column.result) ? nil : row.data(Column.result)
            if let count = record.result?.count, row.int(Column.resultSize) > count { record.resultSize = row.int(Column.resultSize) }
        } else {
            record.due = record.status == .scheduled ? row.optionalInt64(Column.due).map(Timestamp.init) : nil
            record.error = row.text(Column.openError).map(TaskError.init(description:))
        }
        return record
    }

    func records(_ search: Search) throws -> TaskPage<TaskRecord> {
        let found = try search.run()
        var page = try records(found.elements.map(\.rawValue))
        // Goes on below the last task that was read.
        page.next = page.next == nil ? found.next : page.elements.last?.id
        return page
    }
}
