import Postgres
import TaskGridCore

/// The statements of a search. Each part of a page is read from an index in the order of ids, and no further than the page goes.
enum SearchSQL {
    static let all = PostgresQuery("search_all", "SELECT id FROM task WHERE id < $1::bigint ORDER BY id DESC LIMIT $2::integer")

    /// Of each type and priority the newest tasks in ranges: with `$4` those that wait, else those that are handed out.
    static let inRanges = PostgresQuery(
        "search_ranges",
        """
        SELECT cursor.type, cursor.priority, found.id FROM (
            SELECT asked.type, level.priority::smallint AS priority, coalesce((
                SELECT id FROM cursor WHERE cursor.slot = $1::integer AND cursor.type = asked.type
                    AND cursor.priority = level.priority::smallint LIMIT 1
            ), 0) AS id
            FROM unnest($2::integer[]) AS asked (type) CROSS JOIN generate_series(0, \(WireFormat.maximumPriority)) AS level (priority)
        ) AS cursor CROSS JOIN LATERAL (
            SELECT task.id FROM (
                SELECT * FROM open_range AS other WHERE other.type = cursor.type AND other.priority = cursor.priority
                    AND other.first < $3::bigint
                    AND CASE WHEN $4::boolean THEN other.last > cursor.id ELSE other.first <= cursor.id END
                    AND other.first > CASE WHEN $4::boolean THEN cursor.id ELSE 0 END - \(OpenRange.maximumLength)
                ORDER BY other.first DESC
            ) AS range CROSS JOIN LATERAL (
                SELECT id FROM task
                WHERE task.id >= greatest(range.first, CASE WHEN $4::boolean THEN cursor.id + 1 ELSE 0 END)
                    AND task.id <= least(range.last, $3::bigint - 1, CASE WHEN $4::boolean THEN range.last ELSE cursor.id END)
                    AND (range.rest > range.last - range.first OR (SELECT id FROM ending WHERE ending.id = task.id LIMIT 1) IS NULL)
                    AND (SELECT attempt FROM open WHERE open.id = task.id LIMIT 1) IS NULL
                ORDER BY task.id DESC
            ) AS task ORDER BY range.first DESC, task.id DESC LIMIT $5::integer
        ) AS found ORDER BY cursor.type, cursor.priority, found.id DESC
        """)

    /// Of each type the newest deferred tasks whose due time is as the condition says.
    private static func deferred(_ name: String, _ condition: String) -> PostgresQuery {
        PostgresQuery(
            name,
            """
            SELECT asked.type, 0::smallint AS priority, found.id FROM unnest($1::integer[]) AS asked (type) CROSS JOIN LATERAL (
                SELECT id FROM open WHERE open.id < $2::bigint AND open.type = asked.type AND open.attempt IS NOT NULL AND \(condition)
                ORDER BY id DESC LIMIT $3::integer
            ) AS found ORDER BY asked.type, found.id DESC
            """)
    }

    static let deferredPending = deferred("search_put_back", "open.due = 0")
    static let deferredQueued = deferred("search_deferred", "open.due IS NULL")
    static let scheduled = deferred("search_scheduled", "open.due > 0")

    /// Of each type the newest tasks that ended in a state other than `succeeded`.
    static let ended = PostgresQuery(
        "search_ended",
        """
        SELECT asked.type, 0::smallint AS priority, found.id FROM unnest($1::integer[]) AS asked (type) CROSS JOIN LATERAL (
            SELECT id FROM ending WHERE ending.id < $2::bigint AND ending.type = asked.type AND ending.state = $4::smallint
                AND ending.state <> 5 ORDER BY id DESC LIMIT $3::integer
        ) AS found ORDER BY asked.type, found.id DESC
        """)

    /// The newest tasks that succeeded, which no index finds: nearly all endings are theirs. `$4` endings are walked over at most. `$3` is
    /// a type, or null for all.
    static let succeeded = PostgresQuery(
        "search_succeeded",
        """
        SELECT id FROM (
            SELECT id, type, state FROM ending WHERE id < $1::bigint ORDER BY id DESC LIMIT $4::integer
        ) AS walked WHERE state = 5 AND ($3::integer IS NULL OR type = $3::integer) ORDER BY id DESC LIMIT $2::integer
        """)

    /// The id at which a walk over so many endings was left; no row: it came to the end.
    static let walkEnd = PostgresQuery(
        "search_walk_end",
        """
        SELECT id FROM ending WHERE id < $1::bigint ORDER BY id DESC OFFSET $2::integer - 1 LIMIT 1
        """)

    /// Looks at tasks: those that have the times and the text asked for, with their errors. Without a collation, letters other than ASCII's
    /// are never the same.
    static let look = PostgresQuery(
        "search_look",
        """
        SELECT asked.id, coalesce(ending.error, open.error) AS error FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (id, place)
        CROSS JOIN LATERAL (SELECT *, id - "position" AS first FROM task WHERE task.id = asked.id LIMIT 1) AS task
        CROSS JOIN LATERAL (SELECT created FROM submission WHERE submission.first = task.first LIMIT 1) AS owner
        LEFT JOIN LATERAL (SELECT completed, error FROM ending WHERE ending.id = asked.id LIMIT 1) AS ending ON true
        LEFT JOIN LATERAL (SELECT error FROM open WHERE open.id = asked.id LIMIT 1) AS open ON true
        WHERE ($2::bigint IS NULL OR owner.created >= $2::bigint) AND ($3::bigint IS NULL OR owner.created < $3::bigint)
            AND ($4::bigint IS NULL OR ending.completed >= $4::bigint) AND ($5::bigint IS NULL OR ending.completed < $5::bigint)
            AND ($6::text IS NULL OR coalesce(ending.error, open.error) COLLATE "C" ILIKE $6::text)
        ORDER BY asked.place
        """)
}
