import Postgres

/// The statements of a commit, each of which takes a list of rows as arrays.
///
/// Joins to the large tables are lateral and limited, so that their plans are index look-ups whatever the planner believes of their size.
enum CommitSQL {
    /// The first statement of each transaction that writes. Without a row, another dispatcher's term has begun, or another process has
    /// written.
    static let fence = PostgresQuery(
        "fence",
        """
        UPDATE slot SET turn = turn + 1, last_task = $4::bigint, keys = keys + $5::bigint,
            clock = greatest(clock, coalesce($6::bigint, clock)), wall = coalesce($7::bigint, wall)
        WHERE slot = $1::integer AND turn = $2::bigint AND ($3::bigint IS NULL OR term = $3::bigint) RETURNING term
        """)

    /// The same, which fails where it finds no row: 22P02, with words for those who read the server's log.
    static let strictFence = PostgresQuery(
        "strict_fence",
        """
        WITH fence AS (\(fence.sql))
        SELECT (CASE count(*) WHEN 1 THEN '1' ELSE 'another dispatcher has begun its term' END)::integer AS held FROM fence
        """)

    /// Where keys were repeated, fewer ids are given than the fence has noted.
    static let correctSlot = PostgresQuery(
        "correct_slot", "UPDATE slot SET last_task = $2::bigint, keys = keys - $3::bigint WHERE slot = $1::integer")

    /// Gives each name that is not known the next number of the grid: none that another type had before, because rows may still speak of
    /// that one.
    static let addTypes = PostgresQuery(
        "add_types",
        """
        WITH missing AS (
            SELECT name, row_number() OVER (ORDER BY place) AS place FROM unnest($1::text[]) WITH ORDINALITY AS new (name, place)
            WHERE (SELECT id FROM type WHERE type.name = new.name) IS NULL
        ), given AS (
            UPDATE grid SET last_type = last_type + (SELECT count(*) FROM missing)::integer RETURNING last_type
        )
        INSERT INTO type (id, name) SELECT given.last_type - (SELECT count(*) FROM missing)::integer + place::integer, name
            FROM missing, given ON CONFLICT (name) DO NOTHING
        """)

    static let findTypes = PostgresQuery("find_types", "SELECT id, name FROM type WHERE name = ANY($1::text[]) AND id <> 0")

    /// Of a row without an answer the key was used before.
    static let insertSubmissions = PostgresQuery(
        "insert_submissions",
        """
        INSERT INTO submission (first, created, count, form, "user", key, client, correlation, type, fingerprint)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::integer[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::bytea[]
        ) ON CONFLICT (key, "user") DO NOTHING RETURNING first
        """)

    /// The same of keys that are believed to be new: 23505 where one is not.
    static let insertNewSubmissions = PostgresQuery(
        "insert_new_submissions",
        """
        INSERT INTO submission (first, created, count, form, "user", key, client, correlation, type, fingerprint)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::integer[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::bytea[]
        )
        """)

    /// The same where some keys hold for every user.
    static let insertSubmissionsBesideOfAll = PostgresQuery(
        "insert_submissions_beside_of_all",
        """
        INSERT INTO submission (first, created, count, form, "user", key, client, correlation, type, fingerprint)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::integer[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::bytea[]
        ) AS new (first, created, count, form, "user", key)
        WHERE (SELECT first FROM submission AS known WHERE known.key = new.key AND known."user" = '' LIMIT 1) IS NULL
        ON CONFLICT (key, "user") DO NOTHING RETURNING first
        """)

    static let findSubmissions = PostgresQuery(
        "find_submissions",
        """
        SELECT place, first, count, type, fingerprint
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked ("user", key, place) CROSS JOIN LATERAL (
            SELECT * FROM submission WHERE submission.key = asked.key AND submission."user" = asked."user" LIMIT 1
        ) AS found
        """)

    /// The same where some keys hold for every user. Where type and fingerprint are not known, the tasks that are still there say what it
    /// was.
    static let findSubmissionsOfAll = PostgresQuery(
        "find_submissions_of_all",
        """
        SELECT place, found.first, found.count, found.type, found.fingerprint, coalesce((
            SELECT array_agg(task.payload ORDER BY task.id) FROM task
            WHERE found.type = '' AND task.id >= found.first AND task.id < found.first + found.count
        ), '{}') AS payloads, (
            SELECT (SELECT name FROM type WHERE type.id = task.type) FROM task
            WHERE found.type = '' AND task.id >= found.first AND task.id < found.first + found.count ORDER BY task.id DESC LIMIT 1
        ) AS task_type
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked ("user", key, place) CROSS JOIN LATERAL (
            SELECT * FROM submission WHERE submission.key = asked.key AND submission."user" IN ('', asked."user")
            ORDER BY submission."user" LIMIT 1
        ) AS found
        """)

    /// Where keys were repeated, the submissions after them begin with other ids than those they were written with.
    static let moveSubmissions = PostgresQuery(
        "move_submissions",
        """
        UPDATE submission SET first = moved.first FROM unnest($1::text[], $2::text[], $3::bigint[]) AS moved ("user", key, first)
        WHERE submission.key = moved.key AND submission."user" = moved."user"
        """)

    static let insertTasks = PostgresQuery(
        "insert_tasks",
        """
        INSERT INTO task (id, timeout, type, "position", max_attempts, priority, backoff, payload)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::integer[], $6::smallint[], $7::text[], $8::bytea[])
        """)

    /// Of a row without an answer the task has ended before, or is gone: those up to `$10` may be.
    static let insertEndings = PostgresQuery(
        "insert_endings",
        """
        INSERT INTO ending (id, completed, run, type, attempt, state, worker, error, result)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::smallint[], $7::text[], $8::text[], $9::bytea[]
        ) AS new (id) WHERE new.id > $10::bigint OR (SELECT id FROM task WHERE task.id = new.id LIMIT 1) IS NOT NULL
        ON CONFLICT (id) DO NOTHING RETURNING id
        """)

    /// The same of tasks that are there, and are believed to be open: 23505 where one is not.
    static let insertFirstEndings = PostgresQuery(
        "insert_first_endings",
        """
        INSERT INTO ending (id, completed, run, type, attempt, state, worker, error, result)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::smallint[], $7::text[], $8::text[], $9::bytea[])
        """)

    static let deleteEndings = PostgresQuery("delete_endings", "DELETE FROM ending WHERE id = ANY($1::bigint[])")

    /// The tasks that are there, with how they ended.
    static let findEndings = PostgresQuery(
        "find_endings",
        """
        SELECT asked.id, task.type, task.priority, ending.state, ending.attempt FROM unnest($1::bigint[]) AS asked (id)
        CROSS JOIN LATERAL (SELECT type, priority FROM task WHERE task.id = asked.id LIMIT 1) AS task
        LEFT JOIN LATERAL (SELECT state, attempt FROM ending WHERE ending.id = asked.id LIMIT 1) AS ending ON true
        """)

    /// Those of the tasks that are there and have not ended.
    static let findOpen = PostgresQuery(
        "find_open",
        """
        SELECT asked.id FROM unnest($1::bigint[]) AS asked (id)
        WHERE (SELECT id FROM task WHERE task.id = asked.id LIMIT 1) IS NOT NULL
            AND (SELECT id FROM ending WHERE ending.id = asked.id LIMIT 1) IS NULL
        """)

    static let insertOpen = PostgresQuery(
        "insert_open",
        """
        INSERT INTO open (id, due, expires, due_at, expires_at, type, attempt, priority)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::integer[], $8::smallint[])
        """)

    static let deleteOpen = PostgresQuery("delete_open", "DELETE FROM open WHERE id = ANY($1::bigint[])")

    /// Puts tasks back. When they expire stays as it is.
    static let schedule = PostgresQuery(
        "schedule",
        """
        INSERT INTO open (id, due, type, attempt, failures, interruptions, priority, error)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::smallint[], $8::text[])
        ON CONFLICT (id) DO UPDATE SET attempt = excluded.attempt, failures = excluded.failures,
            interruptions = excluded.interruptions, due = excluded.due, due_at = NULL, error = excluded.error
        """)

    /// Deferred tasks are handed out.
    static let takeOpen = PostgresQuery(
        "take_open",
        """
        UPDATE open SET attempt = taken.attempt, due = NULL, due_at = NULL
        FROM unnest($1::bigint[], $2::integer[]) AS taken (id, attempt) WHERE open.id = taken.id
        """)

    /// Attempts of tasks that are not there are dropped.
    static let insertAttempts = PostgresQuery(
        "insert_attempts",
        """
        INSERT INTO attempt (task, ended, run, number, outcome, worker, error)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[], $6::text[], $7::text[]
        ) AS new (task) WHERE (SELECT id FROM task WHERE task.id = new.task LIMIT 1) IS NOT NULL
        ON CONFLICT (task, number) DO UPDATE SET ended = excluded.ended, run = excluded.run, outcome = excluded.outcome,
            worker = excluded.worker, error = excluded.error
        """)

    /// Keeps the latest `$2` attempts of each task.
    static let trimAttempts = PostgresQuery(
        "trim_attempts",
        """
        DELETE FROM attempt USING unnest($1::bigint[]) AS noted (task) WHERE attempt.task = noted.task AND attempt.number <= (
            SELECT number FROM attempt AS other WHERE other.task = noted.task ORDER BY number DESC LIMIT 1 OFFSET $2::integer
        )
        """)

    static let pause = PostgresQuery(
        "pause",
        """
        UPDATE type SET paused = new.paused FROM unnest($1::text[], $2::bigint[]) AS new (name, paused) WHERE type.name = new.name
        """)

    static let writeBulkActions = PostgresQuery(
        "write_bulk_actions",
        """
        INSERT INTO bulk_action (slot, id, started, has_ended, action)
        SELECT $1::integer, * FROM unnest($2::text[], $3::bigint[], $4::boolean[], $5::bytea[])
        ON CONFLICT (slot, id) DO UPDATE SET has_ended = excluded.has_ended, action = excluded.action
        """)

    static let trimBulkActions = PostgresQuery(
        "trim_bulk_actions",
        """
        DELETE FROM bulk_action WHERE slot = $1::integer AND id IN (
            SELECT id FROM bulk_action WHERE slot = $1::integer AND has_ended ORDER BY started DESC, id DESC OFFSET $2::integer
        )
        """)

    static let writeRanges = PostgresQuery(
        "write_ranges",
        """
        INSERT INTO open_range (type, priority, first, last, rest)
        SELECT * FROM unnest($1::integer[], $2::smallint[], $3::bigint[], $4::bigint[], $5::integer[])
        ON CONFLICT (type, priority, first) DO UPDATE SET last = excluded.last, rest = excluded.rest
        """)

    static let deleteRanges = PostgresQuery(
        "delete_ranges",
        """
        DELETE FROM open_range USING unnest($1::integer[], $2::smallint[], $3::bigint[]) AS gone (type, priority, first)
        WHERE open_range.type = gone.type AND open_range.priority = gone.priority AND open_range.first = gone.first
        """)

    static let writeCursors = PostgresQuery(
        "write_cursors",
        """
        INSERT INTO cursor (slot, type, priority, id) SELECT $1::integer, * FROM unnest($2::integer[], $3::smallint[], $4::bigint[])
        ON CONFLICT (slot, type, priority) DO UPDATE SET id = excluded.id
        """)

    static let addCounters = PostgresQuery(
        "add_counters",
        """
        INSERT INTO counter AS known (slot, type, submitted, succeeded, failed, cancelled, expired, kept)
        SELECT $1::integer, * FROM unnest(
            $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
        ON CONFLICT (slot, type) DO UPDATE SET submitted = known.submitted + excluded.submitted,
            succeeded = known.succeeded + excluded.succeeded, failed = known.failed + excluded.failed,
            cancelled = known.cancelled + excluded.cancelled, expired = known.expired + excluded.expired, kept = known.kept + excluded.kept
        """)

    /// Forgets a type that has nothing; its counters move to the row of those that were forgotten.
    static let forgetType = PostgresQuery(
        "forget_type",
        """
        WITH doomed AS (
            SELECT type.id, coalesce(submitted, 0) AS submitted, coalesce(succeeded, 0) AS succeeded, coalesce(failed, 0) AS failed,
                coalesce(cancelled, 0) AS cancelled, coalesce(expired, 0) AS expired
            FROM type LEFT JOIN counter ON counter.slot = $1::integer AND counter.type = type.id
            WHERE type.id = $2::integer AND type.paused = 0 AND coalesce(counter.kept, 0) = 0
        ), moved AS (
            INSERT INTO counter AS known (slot, type, submitted, succeeded, failed, cancelled, expired)
            SELECT $1::integer, 0, submitted, succeeded, failed, cancelled, expired FROM doomed
            ON CONFLICT (slot, type) DO UPDATE SET submitted = known.submitted + excluded.submitted,
                succeeded = known.succeeded + excluded.succeeded, failed = known.failed + excluded.failed,
                cancelled = known.cancelled + excluded.cancelled, expired = known.expired + excluded.expired
        ), counters AS (
            DELETE FROM counter WHERE slot = $1::integer AND type IN (SELECT id FROM doomed)
        ), cursors AS (
            DELETE FROM cursor WHERE slot = $1::integer AND type IN (SELECT id FROM doomed)
        )
        DELETE FROM type WHERE id IN (SELECT id FROM doomed) RETURNING id
        """)
}
