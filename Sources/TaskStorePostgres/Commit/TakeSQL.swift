import Postgres

/// The statement that reads the tasks of all takes of a commit.
enum TakeSQL {
    /// The pieces are rows of take, first and last id, kind (``TakePiece/Kind``) and the most tasks that are read of one. `$6` has the most
    /// bytes of payload of each take: a payload with which they are exceeded is not read, unless it is the first. Once `$7` bytes were
    /// read, the rest is left out; `fitting` says how many rows a take would have without that.
    static let take = PostgresQuery(
        "take",
        """
        SELECT read.take, read.fitting, task.payload, \(OpenTaskRows.columns) FROM (
            SELECT *, count(*) OVER (PARTITION BY take) AS fitting,
                sum(size) OVER (ORDER BY take, place, id ROWS UNBOUNDED PRECEDING) - size AS before
            FROM (
                SELECT *, row_number() OVER one AS number, sum(size) OVER one AS running FROM (
                    SELECT piece.take, piece.place, task.id, octet_length(task.payload) AS size
                    FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::smallint[], $5::integer[])
                        WITH ORDINALITY AS piece (take, first, last, kind, most, place)
                    CROSS JOIN LATERAL (
                        SELECT id, payload FROM task WHERE task.id >= piece.first AND task.id <= piece.last AND (
                            piece.kind <> 1 OR (
                                (SELECT id FROM ending WHERE ending.id = task.id LIMIT 1) IS NULL
                                AND (SELECT attempt FROM open WHERE open.id = task.id LIMIT 1) IS NULL
                            )
                        ) ORDER BY task.id LIMIT piece.most
                    ) AS task
                ) AS found WINDOW one AS (PARTITION BY take ORDER BY place, id ROWS UNBOUNDED PRECEDING)
            ) AS sized WHERE number = 1 OR running <= ($6::bigint[])[take + 1]
        ) AS read CROSS JOIN LATERAL (
            SELECT *, id - "position" AS first FROM task WHERE task.id = read.id LIMIT 1
        ) AS task
        CROSS JOIN LATERAL (SELECT * FROM submission WHERE submission.first = task.first LIMIT 1) AS owner
        LEFT JOIN LATERAL (SELECT * FROM open WHERE open.id = read.id LIMIT 1) AS open ON true
        WHERE read.before < $7::bigint ORDER BY read.take, read.place, read.id
        """)
}
