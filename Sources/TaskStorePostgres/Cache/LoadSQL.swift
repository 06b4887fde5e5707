import Postgres

/// The statements that read the state of the open tasks, page by page.
enum LoadSQL {
    static let snapshot = PostgresQuery("snapshot", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    static let types = PostgresQuery("load_types", "SELECT id, name FROM type WHERE id <> 0")

    static let cursors = PostgresQuery("load_cursors", "SELECT type, priority, id FROM cursor WHERE slot = $1::integer")

    /// `pending` counts the open tasks of the range that are not deferred and lie beyond the cursor.
    static let ranges = PostgresQuery(
        "load_ranges",
        """
        SELECT page.type, page.priority, page.first, page.last, page.rest,
            (SELECT 1 FROM open WHERE open.id >= page.first AND open.id <= page.last
                AND open.expires IS NOT NULL LIMIT 1) IS NOT NULL AS has_rows,
            CASE
                WHEN cursor.id IS NULL OR cursor.id < page.first THEN page.rest
                WHEN cursor.id >= page.last THEN 0
                WHEN page.rest = page.last - page.first + 1 THEN (page.last - cursor.id)::integer
                ELSE (
                    SELECT count(*)::integer FROM task WHERE task.id > cursor.id AND task.id <= page.last
                        AND (SELECT id FROM ending WHERE ending.id = task.id LIMIT 1) IS NULL
                        AND (SELECT attempt FROM open WHERE open.id = task.id LIMIT 1) IS NULL
                )
            END AS pending
        FROM (
            SELECT * FROM open_range WHERE (type, priority, first) > ($2::integer, $3::smallint, $4::bigint)
            ORDER BY type, priority, first LIMIT $5::integer
        ) AS page LEFT JOIN LATERAL (
            SELECT id FROM cursor WHERE cursor.slot = $1::integer AND cursor.type = page.type AND cursor.priority = page.priority LIMIT 1
        ) AS cursor ON true
        ORDER BY page.type, page.priority, page.first
        """)

    static let deferred = PostgresQuery(
        "load_deferred",
        """
        SELECT id, type, priority, attempt, due FROM open WHERE id > $1::bigint AND attempt IS NOT NULL ORDER BY id LIMIT $2::integer
        """)
}
