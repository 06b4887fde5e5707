import Postgres
package import TaskGridCore
package import TaskStore

/// Reads of types: their names, counters, pauses and when something of them is due.
enum TypeReads {
    /// The name of a task's type, as a column `type_name`.
    static let name = "(SELECT name FROM type WHERE type.id = task.type) AS type_name"

    static let names = PostgresQuery("type_names", "SELECT name FROM type WHERE id <> 0")

    static let pauses = PostgresQuery("pauses", "SELECT name, paused FROM type WHERE paused <> 0")

    /// `$3` are the names of the types; with `$2` all are meant. Ranges are added up, and no tasks are looked at except those in the
    /// range around a cursor.
    static let counts = PostgresQuery(
        "counts",
        """
        SELECT type.name, coalesce(counter.submitted, 0) AS submitted, coalesce(counter.succeeded, 0) AS succeeded,
            coalesce(counter.failed, 0) AS failed, coalesce(counter.cancelled, 0) AS cancelled, coalesce(counter.expired, 0) AS expired,
            coalesce(ranged.rest, 0)::bigint AS ranged, coalesce(ranged.waiting, 0)::bigint AS waiting,
            coalesce(deferred.pending, 0)::bigint AS pending, coalesce(deferred.scheduled, 0)::bigint AS scheduled,
            coalesce(deferred.queued, 0)::bigint AS queued
        FROM type
        LEFT JOIN LATERAL (SELECT * FROM counter WHERE counter.slot = $1::integer AND counter.type = type.id LIMIT 1) AS counter ON true
        LEFT JOIN LATERAL (
            SELECT sum(open_range.rest) AS rest, sum(
                CASE
                    WHEN cursor.id IS NULL OR cursor.id < open_range.first THEN open_range.rest
                    WHEN cursor.id >= open_range.last THEN 0
                    WHEN open_range.rest > open_range.last - open_range.first THEN open_range.last - cursor.id
                    ELSE (
                        SELECT count(*) FROM task WHERE task.id > cursor.id AND task.id <= open_range.last
                            AND (SELECT id FROM ending WHERE ending.id = task.id LIMIT 1) IS NULL
                            AND (SELECT attempt FROM open WHERE open.id = task.id LIMIT 1) IS NULL
                    )
                END
            ) AS waiting
            FROM open_range LEFT JOIN cursor ON cursor.slot = $1::integer AND cursor.type = open_range.type
                AND cursor.priority = open_range.priority
            WHERE open_range.type = type.id
        ) AS ranged ON true
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE due = 0) AS pending, count(nullif(due, 0)) AS scheduled, count(*) - count(due) AS queued
            FROM open WHERE open.type = type.id AND open.attempt IS NOT NULL
        ) AS deferred ON true
        WHERE type.id <> 0 AND ($2::boolean OR type.name = ANY($3::text[]))
        """)

    static let forgotten = PostgresQuery(
        "counts_of_forgotten",
        "SELECT submitted, succeeded, failed, cancelled, expired FROM counter WHERE slot = $1::integer AND type = 0")

    static let nextDue = PostgresQuery(
        "next_due",
        """
        SELECT type.name, deferred.due FROM type CROSS JOIN LATERAL (
            SELECT due FROM open WHERE open.type = type.id AND open.attempt IS NOT NULL AND open.due IS NOT NULL ORDER BY due LIMIT 1
        ) AS deferred WHERE type.id <> 0 AND ($1::boolean OR type.name = ANY($2::text[]))
        """)

    /// The waiting tasks of each type that could run for longest: the first of each priority, the scheduled one that is due for longest,
    /// and the first that was put back to run at once, which could run again when its last attempt had ended.
    static let oldest = PostgresQuery(
        "oldest_waiting",
        """
        SELECT asked.name, waiting.id, waiting.since
        FROM unnest($2::text[]) AS asked (name)
        CROSS JOIN LATERAL (SELECT id FROM type WHERE type.name = asked.name AND type.id <> 0 LIMIT 1) AS type
        CROSS JOIN LATERAL (
            SELECT first.id, first.created AS since
            FROM generate_series(0, \(WireFormat.maximumPriority)) AS level (priority)
            LEFT JOIN LATERAL (
                SELECT id FROM cursor WHERE cursor.slot = $1::integer AND cursor.type = type.id
                    AND cursor.priority = level.priority::smallint
                LIMIT 1
            ) AS cursor ON true
            CROSS JOIN LATERAL (
                SELECT task.id, owner.created FROM open_range AS range
                CROSS JOIN LATERAL (
                    SELECT *, id - "position" AS first FROM task WHERE task.id >= greatest(range.first, coalesce(cursor.id, 0) + 1)
                        AND task.id <= range.last
                        AND (range.rest > range.last - range.first
                            OR (SELECT id FROM ending WHERE ending.id = task.id LIMIT 1) IS NULL)
                        AND (SELECT attempt FROM open WHERE open.id = task.id LIMIT 1) IS NULL
                    ORDER BY task.id LIMIT 1
                ) AS task
                CROSS JOIN LATERAL (SELECT created FROM submission WHERE submission.first = task.first LIMIT 1) AS owner
                WHERE range.type = type.id AND range.priority = level.priority::smallint
                    AND range.first > coalesce(cursor.id, 0) - \(OpenRange.maximumLength) AND range.last > coalesce(cursor.id, 0)
                ORDER BY range.first LIMIT 1
            ) AS first
            UNION ALL
            SELECT * FROM (
                SELECT id, due FROM open WHERE open.type = type.id AND open.attempt IS NOT NULL AND open.due > 0 AND open.due <= $3::bigint
                ORDER BY due, id LIMIT 1
            ) AS scheduled
            UNION ALL
            SELECT * FROM (
                SELECT id, (SELECT max(ended) FROM attempt WHERE attempt.task = open.id) FROM open
                WHERE open.type = type.id AND open.attempt IS NOT NULL AND open.due = 0 AND open.failures + open.interruptions > 0
                ORDER BY id LIMIT 1
            ) AS put_back
        ) AS waiting
        """)
}

extension PostgresTaskStore {
    package func types() async throws(StoreError) -> [TaskType] {
        try await call { [readers] in
            let names = try await readers.run([TypeReads.names()])[0].values("name", String.self)
            return try names.map { try TaskType(stored: $0) }.sorted()
        }
    }

    package func counts(of types: Set<TaskType>?) async throws(StoreError) -> [TaskType: TaskCounts] {
        try await call { [readers] in
            let rows = try await readers.run([TypeReads.counts(SlotState.number, types == nil, types?.map(\.name) ?? [])])[0]
            let name = try rows.column("name", String.self)
            let ended = try CounterColumns(rows)
            let (ranged, waiting) = (try rows.column("ranged", Int64.self), try rows.column("waiting", Int64.self))
            let (pending, scheduled) = (try rows.column("pending", Int64.self), try rows.column("scheduled", Int64.self))
            let queued = try rows.column("queued", Int64.self)
            var counts: [TaskType: TaskCounts] = [:]
            for row in rows.indices {
                var count = try ended.counts(row)
                count.pending = Int(try waiting[row] + pending[row])
                count.scheduled = Int(try scheduled[row])
                count.queued = Int(try ranged[row] - waiting[row] + queued[row])
                counts[try TaskType(stored: name[row])] = count
            }
            return counts
        }
    }

    package func countsOfForgotten() async throws(StoreError) -> TaskCounts {
        try await call { [readers] in
            let rows = try await readers.run([TypeReads.forgotten(SlotState.number)])[0]
            return try rows.isEmpty ? TaskCounts() : CounterColumns(rows).counts(0)
        }
    }

    package func pauses() async throws(StoreError) -> [TaskType: Pause] {
        try await call { [readers] in
            let rows = try await readers.run([TypeReads.pauses()])[0]
            let (name, paused) = (try rows.column("name", String.self), try rows.column("paused", Int64.self))
            var pauses: [TaskType: Pause] = [:]
            for row in rows.indices { pauses[try TaskType(stored: name[row])] = Pause(column: try paused[row]) }
            return pauses
        }
    }

    package func nextDue(of types: Set<TaskType>?) async throws(StoreError) -> [TaskType: Timestamp] {
        try await call { [readers] in
            let rows = try await readers.run([TypeReads.nextDue(types == nil, types?.map(\.name) ?? [])])[0]
            let (name, due) = (try rows.column("name", String.self), try rows.column("due", Int64.self))
            var next: [TaskType: Timestamp] = [:]
            for row in rows.indices { next[try TaskType(stored: name[row])] = Timestamp(rawValue: try due[row]) }
            return next
        }
    }

    package func oldestWaiting(of types: [TaskType], at now: Timestamp) async throws(StoreError) -> [TaskType: OldestTask] {
        try await call { [readers] in
            let rows = try await readers.run([TypeReads.oldest(SlotState.number, types.map(\.name), now.rawValue)])[0]
            let (name, id) = (try rows.column("name", String.self), try rows.column("id", Int64.self))
            let since = try rows.column("since", Int64.self)
            var oldest: [TaskType: OldestTask] = [:]
            for row in rows.indices {
                guard let time = try since[ifPresent: row] else { continue }
                let type = try TaskType(stored: name[row])
                oldest[type] = .older(oldest[type], OldestTask(id: TaskID(try id[row]), since: Timestamp(rawValue: time)))
            }
            return oldest
        }
    }
}

/// The durable counters of types.
private struct CounterColumns {
    private let submitted, succeeded, failed, cancelled, expired: PostgresColumn<Int64>

    init(_ rows: PostgresRows) throws {
        (submitted, succeeded) = (try rows.column("submitted"), try rows.column("succeeded"))
        (failed, cancelled, expired) = (try rows.column("failed"), try rows.column("cancelled"), try rows.column("expired"))
    }

    func counts(_ row: Int) throws -> TaskCounts {
        var counts = TaskCounts()
        (counts.submitted, counts.succeeded) = (Int(try submitted[row]), Int(try succeeded[row]))
        (counts.failed, counts.cancelled, counts.expired) = (Int(try failed[row]), Int(try cancelled[row]), Int(try expired[row]))
        return counts
    }
}
