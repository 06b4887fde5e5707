import Foundation
import Postgres
package import TaskGridCore
package import TaskStore

/// Queries about tasks, one by one or listed, with as much of their payloads and results as is asked for.
enum Records {
    /// How a task stands, of `task`, `ending`, `open` and whether the cursor has passed it.
    private static let state = """
        LEFT JOIN LATERAL (SELECT * FROM ending WHERE ending.id = task.id LIMIT 1) AS ending ON true
        LEFT JOIN LATERAL (SELECT * FROM open WHERE open.id = task.id LIMIT 1) AS open ON true
        LEFT JOIN LATERAL (
            SELECT id FROM cursor WHERE cursor.slot = $1::integer AND cursor.type = task.type AND cursor.priority = task.priority LIMIT 1
        ) AS cursor ON true
        """

    private static let stateColumns = """
        asked.id, \(TypeReads.name), ending.state, ending.attempt AS ended_attempt, open.attempt, open.due,
        task.id <= coalesce(cursor.id, 0) AS is_passed
        """

    static let states = PostgresQuery(
        "states",
        """
        SELECT \(stateColumns) FROM unnest($2::bigint[]) WITH ORDINALITY AS asked (id, place)
        CROSS JOIN LATERAL (SELECT * FROM task WHERE task.id = asked.id LIMIT 1) AS task \(state) ORDER BY asked.place
        """)

    /// Payloads are cut after `$3` bytes and results after `$4`. `$5` asks for a page: it ends with the task with which both have
    /// become so many bytes together. Content that is not asked for is not read: its length stands beside it.
    static let records = PostgresQuery(
        "records",
        """
        SELECT *, octet_length(payload) AS payload_size, octet_length(result) AS result_size,
            CASE WHEN $3::integer > 0 THEN substr(payload, 1, $3::integer) ELSE ''::bytea END AS payload_part,
            CASE WHEN result IS NULL THEN NULL WHEN $4::integer > 0 THEN substr(result, 1, $4::integer) ELSE ''::bytea END AS result_part
        FROM (
            SELECT \(stateColumns), asked.place, task."position", \(SettingsColumns.columns), task.payload, owner.count,
                owner.key, owner."user", owner.created, ending.completed, ending.worker, ending.error AS ended_error, ending.run,
                    ending.result,
                open.error AS open_error, open.expires,
                sum(least(octet_length(task.payload), $3::integer) + least(coalesce(octet_length(ending.result), 0), $4::integer))
                    OVER (ORDER BY asked.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM unnest($2::bigint[]) WITH ORDINALITY AS asked (id, place)
            CROSS JOIN LATERAL (SELECT *, id - "position" AS first FROM task WHERE task.id = asked.id LIMIT 1) AS task
            CROSS JOIN LATERAL (SELECT * FROM submission WHERE submission.first = task.first LIMIT 1) AS owner
            \(state)
        ) AS found WHERE $5::bigint IS NULL OR coalesce(before, 0) < $5::bigint ORDER BY place
        """)

    static let payload = PostgresQuery(
        "payload_part",
        """
        SELECT substr(payload, $2::integer + 1, $3::integer) AS bytes, octet_length(payload) AS size FROM task WHERE id = $1::bigint
        """)

    static let result = PostgresQuery(
        "result_part",
        """
        SELECT substr(result, $2::integer + 1, $3::integer) AS bytes, octet_length(result) AS size
        FROM ending WHERE id = $1::bigint AND result IS NOT NULL
        """)

    static let attempts = PostgresQuery(
        "attempts", "SELECT number, outcome, ended, run, worker, error FROM attempt WHERE task = $1::bigint ORDER BY number")

    /// The statement that reads records.
    static func records(_ ids: [Int64], _ content: ContentLimit) -> PostgresStatement {
        records(
            SlotState.number, ids, Int32(clamping: content.payload), Int32(clamping: content.result), content.page.map { Int64($0) })
    }

    /// The records of rows, and `next` as the first of the ids that was not looked at, because those before it fill the page.
    static func page(_ rows: PostgresRows, asked ids: [Int64], _ content: ContentLimit) throws -> TaskPage<TaskRecord> {
        let columns = try RecordColumns(rows)
        var page = TaskPage<TaskRecord>(elements: [])
        var size = 0
        var next = ids.startIndex
        for row in rows.indices {
            let record = try columns.record(row)
            size += record.payload.count + (record.result?.count ?? 0)
            page.elements.append(record)
            while next < ids.endIndex, ids[next] != record.id.rawValue { next += 1 }
            next += 1
        }
        if let limit = content.page, size >= limit, next < ids.endIndex { page.next = TaskID(ids[next]) }
        return page
    }
}

extension PostgresTaskStore {
    package func task(_ id: TaskID, content: ContentLimit) async throws(StoreError) -> TaskRecord? {
        try await call { [readers] in
            let ids = [id.rawValue]
            let answers = try await readers.run([Records.records(ids, content), Records.attempts(id.rawValue)])
            guard var record = try Records.page(answers[0], asked: ids, content).elements.first else { return nil }
            record.attempts = try AttemptHistory.attempts(of: record, answers[1])
            return record
        }
    }

    package func tasks(_ ids: [TaskID], content: ContentLimit) async throws(StoreError) -> TaskPage<TaskRecord> {
        try await call { [readers] in
            let ids = ids.map(\.rawValue)
            return try Records.page(try await readers.run([Records.records(ids, content)])[0], asked: ids, content)
        }
    }

    package func states(_ ids: [TaskID]) async throws(StoreError) -> [StoredState] {
        try await call { [readers] in
            let rows = try await readers.run([Records.states(SlotState.number, ids.map(\.rawValue))])[0]
            let columns = try StateColumns(rows)
            return try rows.indices.map { row in
                let (state, attempt) = try columns.state(row)
                return StoredState(id: TaskID(try columns.id[row]), type: try columns.type(row), state: state, attempt: attempt)
            }
        }
    }

    package func content(
        _ part: ContentQuery.Part, of id: TaskID, from: Int, limit: Int
    ) async throws(StoreError) -> ContentQuery.Answer? {
        // More bytes than these no row has.
        let most = 1 << 30
        let query = part == .payload ? Records.payload : Records.result
        let statement = query(id.rawValue, Int32(min(max(0, from), most)), Int32(min(max(0, limit), most)))
        return try await call { [readers] in
            let rows = try await readers.run([statement])[0]
            guard let bytes = try rows.first("bytes", Data.self), let size = try rows.first("size", Int32.self) else { return nil }
            return ContentQuery.Answer(bytes: bytes, size: Int(size))
        }
    }
}
